"""``sites/{id}/history/``: who did what, when, in sentences and in figures; to whom it is told."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from config.lib.attribution import Attribution, attributed
from config.lib.times import format_time
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem
from tests.twin.factories import make_grant, make_occupancy, make_site, make_space, make_version
from tests.twin.past import DAY_1, DAY_2, DAY_3, backdate, write_on
from twin.models import Site, Space
from twin.services.spaces import change_space, delete_space
from twin.services.views import create_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    """A flat in staircase A, of a site with a staircase B."""
    write_on(DAY_1)
    site = backdate(make_site(organisation, name="Tilleuls"))
    a, _ = (backdate(make_space(site, kind="staircase", name=f"Staircase {one}")) for one in "AB")
    return backdate(make_space(site, a, kind="flat", name="Flat 4.3"))


def b(flat: Space) -> Space:
    return Space.objects.get(site=flat.site, name="Staircase B")


def read(client: APIClient, flat: Space, **parameters: Any) -> dict[str, Any]:
    response = client.get(f"/api/v1/sites/{flat.site_id}/history/", parameters)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def texts(client: APIClient, flat: Space, **parameters: Any) -> list[str]:
    return [change["text"] for change in read(client, flat, **parameters)["results"]]


def test_a_move_is_told_as_somebody_would_tell_it(
    as_: Client, alice: User, bob: User, flat: Space
) -> None:
    User.objects.filter(pk=bob.pk).update(name="Ada")
    write_on(DAY_2)
    with attributed(Attribution(user=bob.pk, request="r-1")):
        change_space(flat, parent=b(flat))
    write_on(DAY_3)
    change_space(flat, name="Practice")

    later, move = read(as_(alice, "sites:read"), flat, **{"from": format_time(DAY_2)})["results"]

    assert move["text"] == "Ada moved Flat 4.3 from Staircase A to Staircase B"
    assert later["text"].endswith("renamed Flat 4.3 to Practice")
    assert (move["at"], move["request_id"]) == (format_time(DAY_2), "r-1")
    assert move["user"] == {"id": str(bob.pk), "name": "Ada"}
    (single,) = [one for one in move["changes"] if "parent_id" in one["after"]]
    assert (single["node"], single["kind"], single["action"]) == (str(flat.pk), "space", "updated")
    assert single["after"]["parent_id"] == str(b(flat).pk)


def test_what_one_transaction_did_is_one_change(as_: Client, alice: User, flat: Space) -> None:
    write_on(DAY_2)
    for number in range(12):
        make_space(flat.site, flat, name=f"Room {number}")
    delete_space(b(flat))

    newest = read(as_(alice, "sites:read"), flat)["results"][0]

    assert newest["text"].endswith("12 spaces created, 1 space deleted")
    assert newest["count"] == 13


def test_an_upgrade_names_both_versions(
    as_: Client, alice: User, organisation: Organisation, flat: Space
) -> None:
    one, two = (make_version(organisation, number=number) for number in (1, 2))
    Site.objects.filter(pk=flat.site_id).update(template_version=one)
    write_on(DAY_2)
    Site.objects.filter(pk=flat.site_id).update(template_version=two)
    make_space(flat.site, flat)

    text = texts(as_(alice, "sites:read"), flat)[0]

    assert text.endswith("upgraded Tilleuls from car-park@1 to car-park@2: 1 space created")


def test_deleted_things_keep_their_names(as_: Client, alice: User, flat: Space) -> None:
    write_on(DAY_2)
    delete_space(flat)

    assert texts(as_(alice, "sites:read"), flat)[0].endswith("deleted Flat 4.3")


def test_filters_narrow_the_story(as_: Client, alice: User, flat: Space) -> None:
    client = as_(alice, "sites:read")
    write_on(DAY_2)
    change_space(flat, name="Practice")
    write_on(DAY_3)
    create_view(name="Heating", site=flat.site)

    assert len(texts(client, flat, node=str(flat.pk))) == 2
    assert [t.endswith("added Heating in Tilleuls") for t in texts(client, flat, kind="view")] == [
        True
    ]
    assert len(texts(client, flat, until=format_time(DAY_2))) == 1
    assert len(texts(client, flat, **{"from": format_time(DAY_3)})) == 1


def test_pages_lead_on_to_older_changes(as_: Client, alice: User, flat: Space) -> None:
    client = as_(alice, "sites:read")
    for day, name in ((DAY_2, "One"), (DAY_3, "Two")):
        write_on(day)
        change_space(flat, name=name)

    first = read(client, flat, limit=2)
    second = client.get(first["next"]).json()

    told = [change["text"] for change in first["results"]]
    assert [text.rpartition(" ")[2] for text in told] == ["Two", "One"]
    assert (len(second["results"]), second["next"]) == (1, None)


@pytest.mark.parametrize(
    "parameters",
    [{"node": "x"}, {"kind": "grant"}, {"from": "monday"}, {"cursor": "1"}, {"x": "1"}],
)
def test_a_question_without_meaning_is_refused(
    as_: Client, alice: User, flat: Space, parameters: dict[str, str]
) -> None:
    response = as_(alice).get(f"/api/v1/sites/{flat.site_id}/history/", parameters)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter=next(iter(parameters)))


def test_who_has_a_flat_reads_the_story_of_the_flat(
    as_: Client, dora: User, bob: User, flat: Space
) -> None:
    make_grant(flat, dora)
    room = backdate(make_space(flat.site, flat, name="Bath"))
    write_on(DAY_2)
    with attributed(Attribution(user=bob.pk)):
        change_space(flat, name="Practice")
        change_space(b(flat), name="Staircase C")
    write_on(DAY_3)
    delete_space(room)

    newest, before, *_ = read(as_(dora, "sites:read"), flat)["results"]

    assert newest["text"].endswith("deleted Bath")
    assert before["text"] == "Somebody renamed Flat 4.3 to Practice"
    assert before["user"] is None


def test_devices_and_people_need_their_scopes(
    as_: Client, alice: User, dora: User, organisation: Organisation, flat: Space
) -> None:
    write_on(DAY_2)
    make_device(organisation, site=flat.site, space=flat, name="Meter")
    write_on(DAY_3)
    make_occupancy(flat, dora)

    def kinds(*scopes: str) -> set[str]:
        changes = read(as_(alice, *scopes), flat)["results"]
        return {single["kind"] for change in changes for single in change["changes"]}

    assert kinds("sites:read") == {"site", "space"}
    assert "device" in kinds("sites:read", "devices:read")
    assert "occupancy" in kinds("sites:read", "members:read")


def test_a_stranger_and_a_token_without_the_scope_hear_nothing(
    as_: Client, alice: User, charlie: User, flat: Space
) -> None:
    path = f"/api/v1/sites/{flat.site_id}/history/"

    assert_problem(as_(charlie).get(path), HTTPStatus.NOT_FOUND)
    assert_problem(as_(alice, "devices:read").get(path), HTTPStatus.FORBIDDEN, "scope-missing")


def test_the_story_costs_a_constant_number_of_queries(
    as_: Client, alice: User, flat: Space
) -> None:
    client, counts = as_(alice), []
    for size in (1, 20):
        write_on(DAY_2 if size == 1 else DAY_3)
        for number in range(size):
            make_space(flat.site, flat, name=f"Room {number}")
        with CaptureQueriesContext(connection) as queries:
            read(client, flat)
        counts.append(len(queries))

    assert counts[0] == counts[1]
