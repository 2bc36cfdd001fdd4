"""Waves over REST: started, watched, steered."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin.factories import make_version
from tests.twin.planning.buildings import make_park, renamed_bays
from twin.models import Site
from twin.services.upgrade_work import work_on

pytestmark = pytest.mark.django_db
UPGRADES = "/api/v1/upgrades/"


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def start(client: Any, **body: Any) -> dict[str, Any]:
    response = client.post(UPGRADES, {"template": "car-park@2", **body})
    assert response.status_code == HTTPStatus.ACCEPTED, response.content
    return dict(response.json())


def test_wave_is_accepted_and_shows_its_progress(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    upgrade = start(client)
    assert (upgrade["status"], upgrade["progress"]["waiting"]) == ("running", 1)

    work_on(UUID(upgrade["id"]), at_most=5)

    body = client.get(f"{UPGRADES}{upgrade['id']}/").json()
    assert (body["status"], body["progress"]["percent"]) == ("completed", 100)
    assert body["progress"]["applied"] == 1


def test_sites_of_a_wave_are_listed_with_their_plans(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    upgrade = start(client)
    work_on(UUID(upgrade["id"]), at_most=5)

    (item,) = client.get(f"{UPGRADES}{upgrade['id']}/sites/?status=applied").json()["results"]

    assert (item["site"], item["status"]) == (str(park.pk), "applied")
    plan = client.get(f"/api/v1/plans/{item['plan']}/").json()
    assert plan["status"] == "applied"


def test_wave_is_paused_resumed_and_cancelled(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    address = f"{UPGRADES}{start(client)['id']}/"

    answers = [client.post(f"{address}{deed}/") for deed in ("pause", "resume", "cancel")]
    again = client.post(f"{address}resume/")

    states = [answer.json()["status"] for answer in answers]
    assert states == ["paused", "running", "cancelled"]
    assert_problem(again, HTTPStatus.CONFLICT, "upgrade-over", current="cancelled")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"template": "car-park@9"}, "#/template"),
        ({"sites": ["01900000-0000-7000-8000-000000000000"]}, "#/sites/0"),
        ({"current_template": "shed@1"}, "#/current_template"),
        ({"choice": "both"}, "#/choice"),
        ({"max_failure_rate": 2}, "#/max_failure_rate"),
    ],
)
def test_bad_wave_is_pointed_at(
    park: Site, bob: User, as_: Client, body: dict[str, Any], pointer: str
) -> None:
    response = as_(bob).post(UPGRADES, {"template": "car-park@2", **body})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_only_sites_of_the_version_named_are_upgraded(park: Site, bob: User, as_: Client) -> None:
    response = as_(bob).post(UPGRADES, {"template": "car-park@1", "current_template": "car-park@2"})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/sites")


def test_viewer_starts_no_wave(park: Site, vera: User, as_: Client) -> None:
    response = as_(vera).post(UPGRADES, {"template": "car-park@2"})

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


def test_stranger_finds_no_wave(park: Site, bob: User, charlie: User, as_: Client) -> None:
    upgrade = start(as_(bob))
    stranger = as_(charlie)

    assert_problem(stranger.get(f"{UPGRADES}{upgrade['id']}/"), HTTPStatus.NOT_FOUND)
    assert_problem(stranger.get(f"{UPGRADES}{upgrade['id']}/sites/"), HTTPStatus.NOT_FOUND)
    assert_problem(stranger.post(f"{UPGRADES}{upgrade['id']}/cancel/"), HTTPStatus.NOT_FOUND)


def test_token_without_the_scope_is_refused(park: Site, bob: User, as_: Client) -> None:
    response = as_(bob, "sites:read").post(UPGRADES, {"template": "car-park@2"})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope="sites:write")


def test_conflicts_are_shown_with_their_sites_and_settled(
    park: Site, bob: User, as_: Client, organisation: Organisation
) -> None:
    document = renamed_bays()
    document["layout"][0]["children"][0]["name"] = "Level {deck}"
    make_version(organisation, definition=document, number=3)
    park.spaces.filter(name="Deck 1").update(name="Entrance")
    client = as_(bob)
    address = f"{UPGRADES}{start(client, template='car-park@3')['id']}/"
    work_on(UUID(address.split("/")[-2]), at_most=5)

    (item,) = client.get(f"{address}sites/?status=conflicts").json()["results"]
    (conflict,) = item["conflicts"]
    choices = {str(park.pk): {conflict["conflict"]: "keep-local"}}
    again = client.post(f"{address}settle/", {"choices": choices}).json()
    late = client.post(f"{address}settle/", {"choices": choices})

    assert (conflict["before"], conflict["after"]) == ({"name": "Entrance"}, {"name": "Level 1"})
    assert (again["status"], again["progress"]["waiting"]) == ("running", 1)
    assert_problem(late, HTTPStatus.BAD_REQUEST, "validation")
    work_on(UUID(again["id"]), at_most=5)
    (item,) = client.get(f"{address}sites/").json()["results"]
    assert (item["status"], item["choices"], item["conflicts"]) == (
        "applied",
        choices[str(park.pk)],
        [],
    )
