"""``spaces/{id}/merge/`` and ``split/``, ``DELETE ?move_to=``, and who may do what of it."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin.factories import make_grant, make_occupancy, make_site, make_space
from twin.models import Occupancy, Space

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor(organisation: Organisation) -> Space:
    site = make_site(organisation)
    return make_space(site, make_space(site, name="House"), kind="floor", name="Floor")


@pytest.fixture
def flats(floor: Space) -> tuple[Space, Space]:
    one, other = (
        make_space(floor.site, floor, kind="flat", name=name) for name in ("Flat 1", "Flat 2")
    )
    make_space(one.site, one, name="Bath")
    return one, other


Flats = tuple[Space, Space]


def url(space: Space, deed: str = "") -> str:
    return f"/api/v1/spaces/{space.pk}/{deed}"


def test_merge_answers_the_space_that_stays(as_: Client, bob: User, flats: Flats) -> None:
    response = as_(bob, "sites:write").post(url(flats[0], "merge/"), {"into": flats[1].pk})

    assert response.status_code == HTTPStatus.OK, response.content
    assert (response.json()["id"], response.json()["name"]) == (str(flats[1].pk), "Flat 2")
    assert as_(bob).get(url(flats[0])).status_code == HTTPStatus.NOT_FOUND


def test_split_answers_the_new_space(as_: Client, bob: User, flats: Flats) -> None:
    bath = Space.objects.get(name="Bath")
    body = {"name": "Flat 1b", "children": [bath.pk]}

    response = as_(bob, "sites:write").post(url(flats[0], "split/"), body, format="json")

    assert response.status_code == HTTPStatus.CREATED, response.content
    shown = response.json()
    assert (shown["kind"], shown["position"], shown["parent"]) == (
        "flat",
        1,
        str(flats[0].parent_id),
    )
    bath.refresh_from_db()
    assert str(bath.parent_id) == shown["id"]


@pytest.mark.parametrize("deed", ["merge/", "split/"])
def test_a_whole_deed_needs_scope_role_and_sight(
    as_: Client, bob: User, vera: User, charlie: User, flats: Flats, deed: str
) -> None:
    path, body = url(flats[0], deed), {"into": flats[1].pk, "name": "Half"}

    lacks_scope = as_(bob, "sites:read").post(path, body)
    lacks_role = as_(vera).post(path, body)
    stranger = as_(charlie).post(path, body)

    assert_problem(lacks_scope, HTTPStatus.FORBIDDEN, "scope-missing")
    assert_problem(lacks_role, HTTPStatus.FORBIDDEN, "role-missing")
    assert_problem(stranger, HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("deed", ["merge/", "split/", ""])
def test_if_match_guards_every_deed(as_: Client, bob: User, flats: Flats, deed: str) -> None:
    client = as_(bob)
    etag = client.get(url(flats[0]))["ETag"]
    client.patch(url(flats[0]), {"name": "Studio"}, format="json")
    bodies: dict[str, Any] = {"merge/": {"into": flats[1].pk}, "split/": {"name": "Half"}}
    call = client.post if deed else client.patch

    stale = call(
        url(flats[0], deed), bodies.get(deed, {"name": "No"}), format="json", HTTP_IF_MATCH=etag
    )

    assert_problem(stale, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")


def test_a_new_order_changes_the_version_of_each_that_moved(
    as_: Client, bob: User, flats: Flats
) -> None:
    client = as_(bob)
    before = [client.get(url(flat))["ETag"] for flat in flats]

    client.patch(url(flats[0]), {"position": 1}, format="json")

    assert all(
        client.get(url(flat))["ETag"] != tag for flat, tag in zip(flats, before, strict=True)
    )


def test_people_are_not_deleted_with_their_flat(
    as_: Client, alice: User, dora: User, flats: Flats
) -> None:
    make_occupancy(flats[0], dora)

    response = as_(alice).delete(url(flats[0]))

    assert_problem(response, HTTPStatus.CONFLICT, "space-occupied", people=1, devices=0)


def test_an_admin_moves_people_along(as_: Client, alice: User, dora: User, flats: Flats) -> None:
    make_occupancy(flats[0], dora)

    response = as_(alice).delete(f"{url(flats[0])}?move_to={flats[1].pk}")

    assert response.status_code == HTTPStatus.NO_CONTENT, response.content
    occupancy = Occupancy.objects.get()
    assert (occupancy.space_id, occupancy.user_id) == (flats[1].pk, dora.pk)
    assert occupancy.sealed_at is None


def test_an_operator_moves_no_people(as_: Client, bob: User, dora: User, flats: Flats) -> None:
    make_occupancy(flats[0], dora)

    response = as_(bob).delete(f"{url(flats[0])}?move_to={flats[1].pk}")

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")
    assert Occupancy.objects.get().space_id == flats[0].pk


def test_moving_people_needs_its_scope(as_: Client, alice: User, dora: User, flats: Flats) -> None:
    make_occupancy(flats[0], dora)

    response = as_(alice, "sites:write").delete(f"{url(flats[0])}?move_to={flats[1].pk}")

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


@pytest.mark.parametrize("where", ["inside", "elsewhere", "nowhere"])
def test_move_to_must_be_a_space_that_stays(
    as_: Client, bob: User, flats: Flats, where: str
) -> None:
    foreign = make_space(make_site(flats[0].organisation))
    target = {"inside": Space.objects.get(name="Bath").pk, "elsewhere": foreign.pk, "nowhere": "x"}

    response = as_(bob).delete(f"{url(flats[0])}?move_to={target[where]}")

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    assert Space.objects.filter(pk=flats[0].pk).exists()


def test_who_may_change_a_flat_alone_neither_splits_nor_moves_it_out(
    as_: Client, dora: User, flats: Flats
) -> None:
    make_grant(flats[0], dora, role="operator")
    client = as_(dora)

    split = client.post(url(flats[0], "split/"), {"name": "Half"}, format="json")
    out = client.patch(url(flats[0]), {"parent": None}, format="json")

    assert_problem(split, HTTPStatus.FORBIDDEN, "role-missing")
    assert_problem(out, HTTPStatus.FORBIDDEN, "role-missing")


def test_deleting_costs_the_same_however_much_goes(as_: Client, bob: User, floor: Space) -> None:
    client, counts = as_(bob), []
    for size in (1, 30):
        top = make_space(floor.site, floor)
        for _ in range(size):
            make_space(floor.site, top)
        with CaptureQueriesContext(connection) as queries:
            assert client.delete(url(top)).status_code == HTTPStatus.NO_CONTENT
        counts.append(len(queries))

    assert counts[0] == counts[1]
