"""The history tab tells the story of a site, and of one space."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.twin.factories import make_site, make_space
from tests.twin.past import DAY_2, backdate, write_on
from twin.models import Space
from twin.services.spaces import change_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def flat() -> Space:
    site = backdate(make_site(None, name="Tilleuls"))
    flat, other = (backdate(make_space(site, name=name)) for name in ("Flat", "Attic"))
    write_on(DAY_2)
    change_space(flat, name="Practice")
    change_space(other, name="Loft")
    return flat


@pytest.mark.parametrize("noun", ["site", "space"])
def test_the_tab_tells_what_happened(admin_client: Client, flat: Space, noun: str) -> None:
    key = flat.site_id if noun == "site" else flat.pk

    page = admin_client.get(reverse(f"admin:twin_{noun}_history", args=[key]))

    assert page.status_code == HTTPStatus.OK
    assert "renamed Flat to Practice" in page.content.decode()
    assert ("Loft" in page.content.decode()) == (noun == "site")


def test_the_tab_is_for_staff_who_may_see_the_site(client: Client, flat: Space) -> None:
    person = User.objects.create_user("staff@example.org", "secret-enough-1", is_staff=True)
    client.force_login(person)

    page = client.get(reverse("admin:twin_site_history", args=[flat.site_id]))

    assert page.status_code == HTTPStatus.FORBIDDEN
