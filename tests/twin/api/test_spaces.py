"""``spaces/``: listed, made, moved, reordered, deleted."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Site, Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/spaces/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A free-form site: house > (ground > (kitchen, hall), first)."""
    site = factories.make_site(organisation)
    house = factories.make_space(site, kind="house", name="House")
    ground = factories.make_space(site, house, kind="floor", name="Ground")
    factories.make_space(site, house, kind="floor", name="First")
    for name in ("Kitchen", "Hall"):
        factories.make_space(site, ground, name=name)
    return site


@pytest.fixture
def park(organisation: Organisation) -> Site:
    """A site of the template ``car-park`` with one garage and one deck."""
    version = factories.make_version(organisation)
    site = factories.make_site(organisation, template_version=version)
    garage = factories.make_space(site, kind="garage", name="Garage")
    factories.make_space(site, garage, kind="deck", name="Deck")
    return site


def named(name: str) -> Space:
    return Space.objects.get(name=name)


def url(name: str) -> str:
    return f"{URL}{named(name).pk}/"


def children(name: str) -> list[str]:
    """Return the names of a space's children in order."""
    return [child.name for child in Space.objects.filter(parent=named(name)).in_order()]


def listed(client: Any, query: str) -> list[str]:
    """Return the names that a list shows."""
    return [one["name"] for one in client.get(f"{URL}?{query}").json()["results"]]


def test_parent_that_is_out_of_reach_is_null(
    as_: Client, vera: User, dora: User, site: Site
) -> None:
    factories.make_occupancy(named("Ground"), dora)
    query = {"within": str(named("Ground").pk)}

    def parents(user: User) -> list[str | None]:
        ground = as_(user).get(url("Ground")).json()
        listed = as_(user).get(URL, query).json()["results"]
        assert ground in listed
        return [one["parent"] for one in listed]

    house, ground = str(named("House").pk), str(named("Ground").pk)
    assert parents(dora) == [None, ground, ground]
    assert parents(vera) == [house, ground, ground]


def test_list_filters_by_site_kind_parent_and_subtree(as_: Client, vera: User, site: Site) -> None:
    client = as_(vera)

    assert listed(client, f"site={site.pk}&kind=floor") == ["Ground", "First"]
    assert listed(client, f"parent={named('Ground').pk}") == ["Kitchen", "Hall"]
    assert listed(client, f"within={named('Ground').pk}") == ["Ground", "Kitchen", "Hall"]
    assert listed(client, "q=kit") == ["Kitchen"]


def test_subtree_of_a_space_of_others_is_empty(as_: Client, charlie: User, site: Site) -> None:
    assert listed(as_(charlie), f"within={named('Ground').pk}") == []


def test_list_costs_the_same_for_any_length(
    as_: Client, vera: User, site: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(vera)

    with django_assert_max_num_queries(5):
        assert len(listed(client, "limit=500")) == 5


def test_space_is_added_last(as_: Client, bob: User, site: Site) -> None:
    body = {"site": site.pk, "parent": named("House").pk, "kind": "floor", "name": "Second"}

    response = as_(bob).post(URL, body)

    assert response.status_code == HTTPStatus.CREATED
    assert children("House") == ["Ground", "First", "Second"]
    assert list(named("Second").path) == [*named("House").path, named("Second").pk.hex]


def test_space_is_added_at_a_position(as_: Client, bob: User, site: Site) -> None:
    body = {"site": site.pk, "parent": named("House").pk, "kind": "floor", "name": "Cellar"}

    response = as_(bob).post(URL, {**body, "position": 0})

    assert response.json()["position"] == 0
    assert children("House") == ["Cellar", "Ground", "First"]


def test_move_takes_everything_below_along(as_: Client, bob: User, site: Site) -> None:
    as_(bob).patch(url("Ground"), {"parent": named("First").pk})

    kitchen = named("Kitchen")
    way = [named(name).pk.hex for name in ("House", "First", "Ground", "Kitchen")]
    assert list(kitchen.path) == way
    assert children("First") == ["Ground"]
    assert named("First").position == 0


def test_space_can_be_moved_to_the_top(as_: Client, bob: User, site: Site) -> None:
    response = as_(bob).patch(url("Ground"), {"parent": None})

    assert response.json()["parent"] is None
    assert list(named("Kitchen").path) == [named("Ground").pk.hex, named("Kitchen").pk.hex]


def test_reordering_numbers_the_siblings_anew(as_: Client, bob: User, site: Site) -> None:
    as_(bob).patch(url("First"), {"position": 0})

    assert children("House") == ["First", "Ground"]
    assert [named(name).position for name in ("First", "Ground")] == [0, 1]


@pytest.mark.parametrize("target", ["Ground", "Kitchen"])
def test_space_cannot_be_moved_into_itself(as_: Client, bob: User, site: Site, target: str) -> None:
    response = as_(bob).patch(url("Ground"), {"parent": named(target).pk})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/parent")
    assert named("Ground").parent == named("House")


def test_space_cannot_be_moved_to_another_site(
    as_: Client, bob: User, site: Site, organisation: Organisation
) -> None:
    factories.make_space(factories.make_site(organisation), name="Barn")

    response = as_(bob).patch(url("Ground"), {"parent": named("Barn").pk})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/parent")


def test_spaces_nest_only_so_deep(as_: Client, bob: User, site: Site) -> None:
    parent = named("House")
    for _ in range(39):
        parent = factories.make_space(site, parent)

    body = {"site": site.pk, "parent": parent.pk, "kind": "room", "name": "Deepest"}
    response = as_(bob).post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/parent")


def test_deletion_takes_everything_below(as_: Client, bob: User, site: Site) -> None:
    response = as_(bob).delete(url("Ground"))

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert set(Space.objects.values_list("name", flat=True)) == {"House", "First"}
    assert named("First").position == 0


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "tower"}, "#/kind"),
        ({"kind": "Not a kind"}, "#/kind"),
        ({"kind": "bay", "parent": None}, "#/parent"),
        ({"kind": "deck", "parent": "Deck"}, "#/parent"),
        ({"properties": {"wide": "very"}}, "#/properties/wide"),
        ({"properties": {"long": True}}, "#/properties"),
        ({"parent": "nowhere"}, "#/parent"),
        ({"site": str(uuid4())}, "#/site"),
        ({"name": ""}, "#/name"),
        ({"position": -1}, "#/position"),
        ({"position": "0"}, "#/position"),
    ],
)
def test_space_must_fit_the_template(
    as_: Client, bob: User, park: Site, change: dict[str, Any], pointer: str
) -> None:
    body = {"site": str(park.pk), "parent": "Deck", "kind": "bay", "name": "Bay", **change}
    known = {space.name: str(space.pk) for space in Space.objects.all()}
    body["parent"] = known.get(body["parent"], body["parent"])

    response = as_(bob).post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert Space.objects.count() == 2


def test_full_parent_takes_no_more(as_: Client, bob: User, park: Site) -> None:
    garage = named("Garage")
    for _ in range(8):
        factories.make_space(park, garage, kind="deck")

    body = {"site": park.pk, "parent": garage.pk, "kind": "deck", "name": "Tenth"}
    response = as_(bob).post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/parent")


def test_fitting_property_is_stored(as_: Client, bob: User, park: Site) -> None:
    response = as_(bob).patch(url("Deck"), {"properties": {"level": -1}})

    assert response.json()["properties"] == {"level": -1}


def test_outdated_change_is_refused(as_: Client, bob: User, site: Site) -> None:
    client = as_(bob)
    tag = client.get(url("Hall")).headers["ETag"]
    client.patch(url("Hall"), {"name": "Corridor"}, headers={"If-Match": tag})

    response = client.patch(url("Corridor"), {"name": "Hall"}, headers={"If-Match": tag})

    assert_problem(response, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")


@pytest.mark.parametrize(
    ("method", "body"), [("get", None), ("patch", {"name": "Mine"}), ("delete", None)]
)
def test_space_of_others_does_not_exist(
    as_: Client, charlie: User, site: Site, method: str, body: Any
) -> None:
    assert_problem(getattr(as_(charlie), method)(url("Hall"), body), HTTPStatus.NOT_FOUND)


def test_space_cannot_be_added_to_a_site_of_others(as_: Client, charlie: User, site: Site) -> None:
    response = as_(charlie).post(URL, {"site": site.pk, "kind": "room", "name": "Mine"})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/site")


def test_viewer_may_not_change_spaces(as_: Client, vera: User, site: Site) -> None:
    client = as_(vera)
    body = {"site": site.pk, "kind": "room", "name": "Mine"}

    answers = [
        client.post(URL, body),
        client.patch(url("Hall"), {"name": "Mine"}),
        client.delete(url("Hall")),
    ]

    for response in answers:
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


@pytest.mark.parametrize(("method", "scope"), [("get", "sites:write"), ("post", "sites:read")])
def test_scope_is_needed(as_: Client, bob: User, method: str, scope: str) -> None:
    response = getattr(as_(bob, scope), method)(URL, {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")
