"""Every registered model's list and form open, and are recorded, also those of tomorrow."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.middleware import admin_of
from accounts.models import User

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
# Pages of the site itself: they show no rows. Choices by name are what lists show.
OF_NO_MODEL = {
    *("index", "login", "logout", "password_change", "password_change_done", "autocomplete"),
    *("jsi18n", "view_on_site", "app_list"),
}


def pages(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Return every page below these addresses."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns)
        else:
            yield pattern


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


def test_every_page_of_a_model_is_one_whose_reading_is_recorded() -> None:
    (site,) = (
        one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "admin"
    )
    found = list(pages([site]))

    unknown = [
        page.name
        for page in found
        if page.name
        and page.name not in OF_NO_MODEL
        and admin_of(SimpleNamespace(func=page.callback)) is None
    ]
    assert len(found) > len(MODELS)
    assert unknown == []
