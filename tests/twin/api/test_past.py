"""``?at=``: reads answer as things stood then, and show it to whom may see the place today."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from config.lib.times import format_time
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin.factories import (
    make_grant,
    make_occupancy,
    make_relationship,
    make_site,
    make_space,
    make_view,
)
from tests.twin.past import DAY_0, DAY_1, DAY_2, DAY_3, backdate, write_on
from twin.models import Node, Relationship, Site, Space, View, ViewMember
from twin.services.spaces import change_space, delete_space


class House:
    """A house of two staircases; flat 4.3 stood in A until day 2, its room until day 3."""

    def __init__(self, organisation: Organisation) -> None:
        self.site = backdate(make_site(organisation, name="Tilleuls"))
        self.a = self._space(None, "A")
        self.b = self._space(None, "B")
        self.flat = self._space(self.a, "Flat 4.3")
        self.room = self._space(self.flat, "Bath")
        self.view = backdate(make_view(self.site, name="Wet rooms"))
        self.member = backdate(ViewMember.objects.create(view=self.view, node_id=self.room.pk))
        self.edge = backdate(make_relationship(self.room, self.flat))

    def _space(self, parent: Space | None, name: str) -> Space:
        return backdate(make_space(self.site, parent, name=name))

    def change(self) -> None:
        """Move the flat on day 2, rename and delete on day 3."""
        write_on(DAY_2)
        change_space(self.flat, parent=self.b)
        write_on(DAY_3)
        change_space(self.flat, name="Practice")
        delete_space(self.room)


@pytest.fixture
def house(organisation: Organisation) -> House:
    made = House(organisation)
    made.change()
    return made


def get(client: APIClient, path: str, at: datetime | None = None, **parameters: Any) -> Any:
    if at is not None:
        parameters["at"] = format_time(at)
    response = client.get(f"/api/v1/{path}", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def names(body: Any) -> list[str]:
    return sorted(row["name"] for row in body["results"])


def outline(branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {branch["name"]: outline(branch["children"]) for branch in branches}


def test_the_tree_is_what_it_was(house: House, bob: User, as_: Client) -> None:
    client, path = as_(bob, "sites:read"), f"sites/{house.site.pk}/tree/"

    trees = [outline(get(client, path, at)["spaces"]) for at in (DAY_1, DAY_2, DAY_3, None)]

    assert trees == [
        {"A": {"Flat 4.3": {"Bath": {}}}, "B": {}},
        {"A": {}, "B": {"Flat 4.3": {"Bath": {}}}},
        {"A": {}, "B": {"Practice": {}}},
        {"A": {}, "B": {"Practice": {}}},
    ]


def test_spaces_are_filtered_by_where_they_stood(house: House, bob: User, as_: Client) -> None:
    client = as_(bob, "sites:read")

    assert names(get(client, "spaces/", DAY_1, within=house.a.pk)) == ["A", "Bath", "Flat 4.3"]
    assert names(get(client, "spaces/", DAY_2, within=house.a.pk)) == ["A"]
    assert names(get(client, "spaces/", DAY_1, parent=house.a.pk)) == ["Flat 4.3"]
    assert names(get(client, "spaces/", DAY_3, parent=house.b.pk)) == ["Practice"]
    assert names(get(client, "spaces/", DAY_1, q="flat")) == ["Flat 4.3"]


def test_a_deleted_space_can_be_read_at_its_time(house: House, bob: User, as_: Client) -> None:
    client, path = as_(bob, "sites:read"), f"spaces/{house.room.pk}/"

    assert get(client, path, DAY_2)["name"] == "Bath"
    gone = client.get(f"/api/v1/{path}", {"at": format_time(DAY_3)})
    assert_problem(gone, HTTPStatus.NOT_FOUND)
    assert "at that time" in gone.json()["detail"]
    assert client.get(f"/api/v1/{path}").status_code == 404


def test_a_site_keeps_its_names(house: House, bob: User, as_: Client) -> None:
    client = as_(bob, "sites:read")
    Site.objects.filter(pk=house.site.pk).update(name="Lindenhof")

    assert names(get(client, "sites/", DAY_2)) == ["Tilleuls"]
    assert names(get(client, "sites/")) == ["Lindenhof"]
    assert get(client, f"sites/{house.site.pk}/", DAY_2)["name"] == "Tilleuls"


def test_views_and_their_members_are_what_they_were(house: House, bob: User, as_: Client) -> None:
    client, path = as_(bob, "sites:read"), f"views/{house.view.pk}/"
    View.objects.filter(pk=house.view.pk).update(name="Baths")

    assert get(client, path, DAY_2)["name"] == "Wet rooms"
    for noun in ("members", "spaces"):
        then, now = get(client, f"{path}{noun}/", DAY_2), get(client, f"{path}{noun}/")
        assert [row["id"] for row in then["results"]] == [str(house.room.pk)]
        assert now["results"] == []


def test_edges_are_what_they_were(house: House, bob: User, as_: Client) -> None:
    client = as_(bob, "sites:read")
    assert not Relationship.objects.filter(pk=house.edge.pk).exists()

    then = get(client, "relationships/", DAY_2, node=house.flat.pk)

    assert [row["id"] for row in then["results"]] == [str(house.edge.pk)]
    assert get(client, f"relationships/{house.edge.pk}/", DAY_2)["source"] == str(house.room.pk)


def test_a_fraction_of_a_second_tells_two_states_apart(
    house: House, bob: User, as_: Client
) -> None:
    client, path = as_(bob, "sites:read"), f"spaces/{house.flat.pk}/"
    just_before = DAY_3 - timedelta(microseconds=1)

    assert get(client, path, just_before)["name"] == "Flat 4.3"
    assert get(client, path, DAY_3)["name"] == "Practice"


def test_pages_lead_on_through_the_same_moment(house: House, bob: User, as_: Client) -> None:
    client = as_(bob, "sites:read")

    first = get(client, "spaces/", DAY_1, limit=3)
    second = client.get(first["next"]).json()

    assert [row["name"] for row in first["results"]] == ["A", "B", "Flat 4.3"]
    assert [row["name"] for row in second["results"]] == ["Bath"]


def test_before_the_beginning_there_is_nothing(house: House, bob: User, as_: Client) -> None:
    client, at = as_(bob, "sites:read"), DAY_0 - timedelta(days=400)

    assert get(client, "sites/", at)["results"] == []
    answer = client.get(f"/api/v1/sites/{house.site.pk}/tree/", {"at": format_time(at)})
    assert_problem(answer, HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(
    ("text", "code"),
    [("yesterday", "invalid"), ("2026-01-01T00:00:00", "invalid"), ("", "invalid")],
)
def test_a_time_without_meaning_is_refused(
    house: House, bob: User, as_: Client, text: str, code: str
) -> None:
    response = as_(bob, "sites:read").get("/api/v1/sites/", {"at": text})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    assert [(e["parameter"], e["code"]) for e in response.json()["errors"]] == [("at", code)]


def test_the_future_is_refused(house: House, bob: User, as_: Client) -> None:
    later = format_time(timezone.now() + timedelta(hours=1))

    response = as_(bob, "sites:read").get("/api/v1/sites/", {"at": later})

    assert response.json()["errors"][0]["code"] == "in-future"


def test_writes_take_no_time(house: House, bob: User, as_: Client) -> None:
    path = f"/api/v1/spaces/{house.flat.pk}/?at={format_time(DAY_1)}"

    assert_problem(
        as_(bob).patch(path, {"name": "No"}, format="json"), HTTPStatus.BAD_REQUEST, "validation"
    )


def test_a_stranger_sees_nothing_of_the_past(house: House, charlie: User, as_: Client) -> None:
    client = as_(charlie, "sites:read")

    assert get(client, "spaces/", DAY_1)["results"] == []
    answer = client.get(f"/api/v1/spaces/{house.flat.pk}/", {"at": format_time(DAY_1)})
    assert answer.status_code == 404


def test_a_right_to_a_flat_opens_its_past_wherever_it_stood(
    house: House, dora: User, as_: Client
) -> None:
    make_grant(house.flat, dora)
    client = as_(dora, "sites:read")

    assert names(get(client, "spaces/", DAY_1)) == ["Bath", "Flat 4.3"]
    assert names(get(client, "spaces/", DAY_3)) == ["Practice"]
    assert outline(get(client, f"sites/{house.site.pk}/tree/", DAY_1)["spaces"]) == {
        "Flat 4.3": {"Bath": {}}
    }


def test_who_lives_somewhere_sees_nothing_from_before(
    house: House, dora: User, as_: Client
) -> None:
    make_occupancy(house.flat, dora, since=DAY_2)
    client = as_(dora, "sites:read")

    assert get(client, "spaces/", DAY_1)["results"] == []
    assert names(get(client, "spaces/", DAY_2)) == ["Bath", "Flat 4.3"]


def test_rights_are_those_of_now(house: House, dora: User, as_: Client) -> None:
    make_grant(house.flat, dora, ends_at=DAY_3)

    assert get(as_(dora, "sites:read"), "spaces/", DAY_1)["results"] == []


def test_a_deleted_site_is_seen_by_its_organisation(
    house: House, bob: User, charlie: User, as_: Client
) -> None:
    Node.objects.filter(pk=house.site.pk).delete()

    assert names(get(as_(bob, "sites:read"), "sites/", DAY_1)) == ["Tilleuls"]
    assert names(get(as_(bob, "sites:read"), "spaces/", DAY_1, site=house.site.pk)) != []
    assert get(as_(charlie, "sites:read"), "sites/", DAY_1)["results"] == []


@pytest.mark.parametrize("path", ["sites/", "spaces/", "views/", "relationships/"])
def test_the_past_costs_a_constant_number_of_queries(
    house: House, bob: User, as_: Client, path: str
) -> None:
    client = as_(bob, "sites:read")

    def count(at: datetime | None) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            get(client, path, at)
        return len(queries)

    now, then = count(None), count(DAY_1)
    # The savepoint and its release, there and back; spaces of rights, if there are any.
    assert then - now == 4
    backdate(make_space(house.site, name="More"))
    assert count(DAY_1) == then
