"""How far sites wandered from their templates, and which slots are unfilled, over REST."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.devices.factories import make_device, make_type
from tests.problems import assert_problem
from tests.twin.definitions.documents import car_park
from tests.twin.factories import make_grant, make_space, make_version
from tests.twin.planning.buildings import make_park, named
from twin.models import Site
from twin.services.sites import build_site
from twin.services.spaces import change_space, delete_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


@pytest.fixture
def charging(organisation: Organisation) -> Site:
    """A car park whose decks must have one charger, and may have two."""
    document = car_park()
    document["kinds"]["deck"]["slots"]["charger"] |= {"min": 1, "max": 2}
    make_version(organisation, definition=document)
    site, _ = build_site(organisation=organisation.pk, name="Park", template="car-park@1")
    return site


def test_building_as_declared_has_not_wandered(park: Site, bob: User, as_: Client) -> None:
    body = as_(bob).get(f"/api/v1/sites/{park.pk}/drift/").json()

    assert set(body["counts"].values()) == {0}
    assert (body["template"], body["latest"], body["behind_by"]) == (
        *("car-park@1", "car-park@2", 1),
    )


def test_every_departure_is_named(park: Site, bob: User, as_: Client) -> None:
    change_space(named(park, "Bay 1.01"), name="Mine", properties={"wide": True})
    change_space(named(park, "Bay 1.02"), parent=named(park, "Deck 2"))
    delete_space(named(park, "Bay 2.03"))
    make_space(park, named(park, "Deck 1"), kind="bay", name="Own")

    body = as_(bob).get(f"/api/v1/sites/{park.pk}/drift/").json()

    found = {line["sort"]: line["name"] for line in body["departures"]}
    assert body["counts"] == {**dict.fromkeys(found, 1), "incomplete": 0}
    assert found == {
        "renamed": "Mine",
        "changed": "Mine",
        "moved": "Bay 1.02",
        "removed": "Bay 2.03",
        "added": "Own",
    }


def test_space_that_holds_fewer_than_it_must_is_told(
    organisation: Organisation, bob: User, as_: Client
) -> None:
    document = car_park()
    document["kinds"]["deck"]["contains"] = {"bay": {"min": 3}}
    make_version(organisation, definition=document)
    site, _ = build_site(organisation=organisation.pk, name="Park", template="car-park@1")
    delete_space(named(site, "Bay 2.03"))

    body = as_(bob).get(f"/api/v1/sites/{site.pk}/drift/").json()

    assert body["counts"]["incomplete"] == 1
    (line,) = (one for one in body["departures"] if one["sort"] == "incomplete")
    assert (line["name"], line["before"], line["after"]) == ("Deck 2", {"bay": 3}, {"bay": 2})


def test_site_that_was_renamed_has_not_wandered(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    client.patch(f"/api/v1/sites/{park.pk}/", {"name": "Garage"})

    body = client.get(f"/api/v1/sites/{park.pk}/drift/").json()

    assert set(body["counts"].values()) == {0}


def test_list_tells_of_every_site(park: Site, bob: User, as_: Client) -> None:
    build_site(organisation=park.organisation_id, name="Park 2", template="car-park@2")

    body = as_(bob).get("/api/v1/drift/").json()

    assert [(one["name"], one["behind_by"]) for one in body["results"]] == [
        ("Park", 1),
        ("Park 2", 0),
    ]


def test_slots_tell_what_is_missing(
    charging: Site, organisation: Organisation, bob: User, as_: Client
) -> None:
    kind = make_type(organisation, category="charger")
    device = make_device(organisation, type=kind, site=charging, space=named(charging, "Deck 1"))
    client = as_(bob)

    every = client.get(f"/api/v1/sites/{charging.pk}/slots/").json()["results"]
    unfilled = client.get(f"/api/v1/sites/{charging.pk}/slots/?unfilled=true").json()["results"]

    assert [(one["name"], one["slots"][0]["missing"]) for one in every] == [
        ("Deck 1", 0),
        ("Deck 2", 1),
    ]
    assert every[0]["slots"][0]["devices"] == [str(device.pk)]
    assert [one["name"] for one in unfilled] == ["Deck 2"]


def test_device_over_the_maximum_fills_no_slot(
    charging: Site, organisation: Organisation, bob: User, as_: Client
) -> None:
    kind = make_type(organisation, category="charger")
    for _ in range(3):
        make_device(organisation, type=kind, site=charging, space=named(charging, "Deck 1"))
    make_device(organisation, site=charging, space=named(charging, "Deck 2"))

    slots = as_(bob).get(f"/api/v1/sites/{charging.pk}/drift/").json()["slots"]

    assert slots == {
        "slots": 2,
        "filled": 1,
        "unfilled": 1,
        "missing_devices": 1,
        "devices_without_slot": 2,
    }


def test_devices_are_hidden_from_a_token_without_their_scope(
    charging: Site, bob: User, as_: Client
) -> None:
    client = as_(bob, "sites:read")

    (first, _) = client.get(f"/api/v1/sites/{charging.pk}/slots/").json()["results"]

    assert "devices" not in first["slots"][0]


def test_stranger_and_visitor_of_a_part_see_no_drift(
    park: Site, charlie: User, dora: User, as_: Client
) -> None:
    make_grant(named(park, "Deck 1"), dora)

    for who in (charlie, dora):
        response = as_(who).get(f"/api/v1/sites/{park.pk}/drift/")
        assert_problem(response, HTTPStatus.NOT_FOUND)
        assert as_(who).get("/api/v1/drift/").json()["results"] == []


def test_visitor_sees_the_slots_of_their_part(charging: Site, dora: User, as_: Client) -> None:
    make_grant(named(charging, "Deck 1"), dora)

    body = as_(dora).get(f"/api/v1/sites/{charging.pk}/slots/").json()

    assert [one["name"] for one in body["results"]] == ["Deck 1"]


def test_number_of_queries_does_not_grow_with_sites_or_spaces(
    park: Site, bob: User, as_: Client
) -> None:
    client = as_(bob)
    client.get("/api/v1/drift/")  # The versions are known from here on.

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/v1/drift/")
        return len(captured)

    few = queries()
    for decks in (3, 9):
        fields: dict[str, Any] = {"template": "car-park@1", "parameters": {"decks": decks}}
        build_site(organisation=park.organisation_id, name="More", **fields)

    assert queries() == few


def test_token_without_the_scope_is_refused(park: Site, bob: User, as_: Client) -> None:
    response = as_(bob, "templates:read").get(f"/api/v1/sites/{park.pk}/slots/")

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope="sites:read")
