"""Every registered model's list and form open, also those of tomorrow."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.org"))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_opens_and_searches(staff: Client, model: type[Model]) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    assert staff.get(url).status_code == 200
    assert staff.get(f"{url}?q=word").status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_form_opens_or_says_no(staff: Client, model: type[Model]) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")

    assert staff.get(url).status_code in {200, 403}


@pytest.mark.django_db
def test_people_outside_of_the_staff_see_nothing(dora: User) -> None:
    client = Client()
    client.force_login(dora)

    assert client.get("/admin/").status_code in {302, 403}
