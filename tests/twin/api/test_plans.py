"""Plans over REST: made, read as JSON and as text, applied, undone."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin.planning.buildings import make_park, named
from twin.models import Site
from twin.services.spaces import change_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def park(organisation: Organisation) -> Site:
    return make_park(organisation)


def address(park: Site) -> str:
    return f"/api/v1/sites/{park.pk}/plans/"


def make(client: Any, park: Site, **body: Any) -> dict[str, Any]:
    response = client.post(address(park), {"template": "car-park@2", **body})
    assert response.status_code == HTTPStatus.CREATED, response.content
    return dict(response.json())


def test_plan_answers_its_changes_and_their_number(park: Site, bob: User, as_: Client) -> None:
    body = make(as_(bob), park)

    assert (body["site"], body["status"], body["template"]) == (str(park.pk), "open", "car-park@2")
    assert body["summary"] == {"create": 2, "change": 7}
    created = body["changes"][3]
    assert {key: created[key] for key in ("action", "noun", "kind", "name", "reason")} == {
        "action": "create",
        "noun": "space",
        "kind": "place",
        "name": "Bay 1.04",
        "reason": "The template has it, the building does not yet.",
    }


def test_plan_is_applied_once(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    plan = make(client, park)

    first = client.post(f"/api/v1/plans/{plan['id']}/apply/")
    second = client.post(f"/api/v1/plans/{plan['id']}/apply/")

    assert (first.status_code, first.json()["status"]) == (HTTPStatus.OK, "applied")
    assert_problem(second, HTTPStatus.CONFLICT, "plan-applied")


def test_applied_plan_is_undone(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    plan = make(client, park)
    client.post(f"/api/v1/plans/{plan['id']}/apply/")

    response = client.post(f"/api/v1/plans/{plan['id']}/undo/")

    assert response.json()["status"] == "undone"
    site = client.get(f"/api/v1/sites/{park.pk}/").json()
    assert site["template"] == "car-park@1"


def test_open_plan_cannot_be_undone(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)

    response = client.post(f"/api/v1/plans/{make(client, park)['id']}/undo/")

    assert_problem(response, HTTPStatus.CONFLICT, "plan-not-undoable")


def test_outdated_plan_says_what_changed(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    plan = make(client, park)
    change_space(named(park, "Bay 1.01"), name="Taken")

    response = client.post(f"/api/v1/plans/{plan['id']}/apply/")

    changed = {"added": [], "removed": [], "changed": ["Taken"]}
    assert_problem(response, HTTPStatus.CONFLICT, "plan-outdated", changed=changed)


def test_plan_with_refusals_is_not_applied(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    own = {"site": park.pk, "parent": named(park, "Deck 2").pk, "kind": "bay", "name": "Own"}
    client.post("/api/v1/spaces/", own)
    plan = make(client, park, template="car-park@1", parameters={"decks": 1})

    response = client.post(f"/api/v1/plans/{plan['id']}/apply/")

    assert_problem(response, HTTPStatus.CONFLICT, "plan-refused", refused=1)


@pytest.mark.parametrize(
    "asked", [{"data": {"format": "text"}}, {"headers": {"Accept": "text/plain"}}]
)
def test_plan_reads_as_a_text(park: Site, bob: User, as_: Client, asked: dict[str, Any]) -> None:
    client = as_(bob)
    plan = make(client, park)

    response = client.get(f"/api/v1/plans/{plan['id']}/", **asked)

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert "+ create place “Bay 1.04”   (garage/deck-1/place-4)" in text
    assert "~ change place “Bay 1.01”: kind bay → place   (garage/deck-1/place-1)" in text
    assert text.endswith("2 to create, 7 to change.\n")


def test_problem_is_json_for_readers_of_text(bob: User, as_: Client) -> None:
    unknown = "/api/v1/plans/01900000-0000-7000-8000-000000000000/?format=text"

    assert_problem(as_(bob).get(unknown), HTTPStatus.NOT_FOUND)


def test_list_shows_no_changes(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    plan = make(client, park)

    (listed,) = client.get(address(park)).json()["results"]

    assert listed == {key: value for key, value in plan.items() if key != "changes"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"template": "car-park@9"}, "#/template"),
        ({"parameters": {"decks": 0}}, "#/parameters/decks"),
        ({"exceptions": {"garage/roof": {"name": "Roof"}}}, "#/exceptions/garage~1roof"),
        ({"exceptions": {"garage": {"kind": "deck"}}}, "#/exceptions/garage/kind"),
        ({"spec": {"spaces": [{"kind": "deck", "name": "D"}]}}, "#/spec/spaces/0/kind"),
        ({"spec": {"spaces": [{"kind": "garage"}]}}, "#/spec/spaces/0"),
        ({"choices": "both"}, "#/choices"),
        ({"colour": "red"}, "#/colour"),
    ],
)
def test_bad_wish_is_pointed_at(
    park: Site, bob: User, as_: Client, body: dict[str, Any], pointer: str
) -> None:
    response = as_(bob).post(address(park), body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_stranger_finds_neither_site_nor_plan(
    park: Site, bob: User, charlie: User, as_: Client
) -> None:
    plan = make(as_(bob), park)
    stranger = as_(charlie)

    assert_problem(stranger.post(address(park), {}), HTTPStatus.NOT_FOUND)
    assert_problem(stranger.get(f"/api/v1/plans/{plan['id']}/"), HTTPStatus.NOT_FOUND)
    assert_problem(stranger.post(f"/api/v1/plans/{plan['id']}/apply/"), HTTPStatus.NOT_FOUND)


def test_viewer_reads_plans_and_makes_none(park: Site, bob: User, vera: User, as_: Client) -> None:
    plan, viewer = make(as_(bob), park), as_(vera)

    assert viewer.get(f"/api/v1/plans/{plan['id']}/").status_code == HTTPStatus.OK
    assert_problem(viewer.post(address(park), {}), HTTPStatus.FORBIDDEN, "role-missing")
    applied = viewer.post(f"/api/v1/plans/{plan['id']}/apply/")
    assert_problem(applied, HTTPStatus.FORBIDDEN, "role-missing")


def test_token_without_the_scope_is_refused(park: Site, bob: User, as_: Client) -> None:
    response = as_(bob, "sites:read").post(address(park), {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope="sites:write")


def test_reading_a_plan_costs_few_queries(park: Site, bob: User, as_: Client) -> None:
    client = as_(bob)
    plan = make(client, park)

    with CaptureQueriesContext(connection) as captured:
        client.get(f"/api/v1/plans/{plan['id']}/")

    assert len(captured) <= 8
