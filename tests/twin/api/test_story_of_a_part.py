"""What the story of a site tells those who see a part of it, or through a consent that is cut."""

from typing import Any

import pytest

from accounts.models import Consent, Organisation, User
from config.lib.attribution import Attribution, attributed
from tests import factories
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.twin.factories import make_grant, make_occupancy, make_site, make_space
from tests.twin.past import DAY_1, DAY_2, DAY_3, backdate, write_on
from twin.models import Space
from twin.services.spaces import change_space, delete_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    write_on(DAY_1)
    site = backdate(make_site(organisation, name="Tilleuls"))
    return backdate(make_space(site, kind="flat", name="Flat 1"))


@pytest.fixture
def other(flat: Space) -> Space:
    return backdate(make_space(flat.site, kind="flat", name="Flat 2"))


def story(client: Any, flat: Space) -> list[dict[str, Any]]:
    response = client.get(f"/api/v1/sites/{flat.site_id}/history/")
    assert response.status_code == 200, response.content
    return list(response.json()["results"])


def texts(client: Any, flat: Space) -> list[str]:
    return [change["text"].partition(" ")[2] for change in story(client, flat)]


def test_successor_hears_nothing_of_before_moving_in(as_: Client, dora: User, flat: Space) -> None:
    bath = backdate(make_space(flat.site, flat, name="Miller's bath"))
    write_on(DAY_2)
    change_space(flat, name="Miller")
    delete_space(bath)
    make_occupancy(flat, dora, since=DAY_3)
    write_on(DAY_3)
    change_space(flat, name="Flat 1a")

    assert texts(as_(dora, "sites:read"), flat) == ["renamed Miller to Flat 1a"]


def test_former_occupant_hears_nothing(as_: Client, dora: User, flat: Space) -> None:
    write_on(DAY_2)
    change_space(flat, name="Flat 1a")
    make_occupancy(flat, dora, since=DAY_1, until=DAY_3)

    response = as_(dora, "sites:read").get(f"/api/v1/sites/{flat.site_id}/history/")

    assert response.status_code == 404


def test_consent_opens_no_story_of_before(as_: Client, alice: User, flat: Space) -> None:
    write_on(DAY_2)
    change_space(flat, name="Miller")
    write_on(DAY_3)
    change_space(flat, name="Flat 1a")
    client = as_(alice, "sites:read")
    assert len(texts(client, flat)) == 3

    Consent.objects.filter(user=alice).update(history_from=DAY_3)

    assert texts(client, flat) == ["renamed Miller to Flat 1a"]


def test_device_is_told_of_while_it_stood_in_reach(
    as_: Client, dora: User, organisation: Organisation, flat: Space, other: Space
) -> None:
    device = backdate(make_device(organisation, site=flat.site, space=other, name="Meter"))
    make_grant(flat, dora)
    write_on(DAY_2)
    type(device).objects.filter(pk=device.pk).update(name="Miller's meter")
    write_on(DAY_3)
    type(device).objects.filter(pk=device.pk).update(space=flat)

    newest, *older = story(as_(dora, "sites:read", "devices:read"), flat)

    (single,) = newest["changes"]
    assert newest["text"] == "Atrium moved Miller's meter from elsewhere to Flat 1"
    assert (single["before"]["space_id"], single["after"]["space_id"]) == (None, str(flat.pk))
    assert [one["changes"][0]["kind"] for one in older] == ["space"]


def test_others_apps_are_not_named_to_who_sees_a_part(
    as_: Client, dora: User, organisation: Organisation, flat: Space
) -> None:
    app = factories.make_application(organisation, name="Neighbour's app")
    make_grant(flat, dora)
    write_on(DAY_2)
    with attributed(Attribution(application=app.pk)):
        change_space(flat, name="Flat 1a")

    newest = story(as_(dora, "sites:read"), flat)[0]

    assert newest["application"] is None
    assert newest["text"] == "An application renamed Flat 1 to Flat 1a"
