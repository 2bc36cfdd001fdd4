"""``sites/``: read, changed, deleted, seen as a tree."""

from http import HTTPStatus
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Node, Site, Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/sites/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A site of alice's organisation with a house, two floors and a room."""
    site = factories.make_site(organisation)
    house = factories.make_space(site, kind="house", name="House")
    ground = factories.make_space(site, house, kind="floor", name="Ground")
    factories.make_space(site, house, kind="floor", name="First")
    factories.make_space(site, ground, name="Kitchen")
    return site


def url(site: Site, rest: str = "") -> str:
    return f"{URL}{site.pk}/{rest}"


def test_list_shows_the_sites_of_the_organisation(
    as_: Client, vera: User, site: Site, charlie: User
) -> None:
    factories.make_site(charlie.b2b_users.get().organisation)

    results = as_(vera).get(URL).json()["results"]

    assert [one["id"] for one in results] == [str(site.pk)]


def test_list_searches_names(as_: Client, vera: User, organisation: Organisation) -> None:
    for name in ("Les Tilleuls", "Les Érables"):
        factories.make_site(organisation, name=name)

    results = as_(vera).get(f"{URL}?q=tilleul").json()["results"]

    assert [one["name"] for one in results] == ["Les Tilleuls"]


def test_list_takes_as_many_queries_for_one_as_for_many(
    as_: Client,
    vera: User,
    organisation: Organisation,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    version = factories.make_version(organisation)
    for _ in range(5):
        factories.make_site(organisation, template_version=version)
    client = as_(vera)

    with django_assert_max_num_queries(5):
        assert len(client.get(URL).json()["results"]) == 5


def test_tree_nests_spaces_in_order(as_: Client, vera: User, site: Site) -> None:
    body = as_(vera).get(url(site, "tree/")).json()

    (house,) = body["spaces"]
    assert body["site"] == str(site.pk)
    assert [floor["name"] for floor in house["children"]] == ["Ground", "First"]
    assert set(house) == {"id", "kind", "name", "children"}
    assert house["children"][0]["children"][0]["name"] == "Kitchen"


def test_tree_takes_one_query_at_any_depth(
    as_: Client, vera: User, site: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(vera)

    with django_assert_max_num_queries(8) as counted:
        client.get(url(site, "tree/"))

    assert sum('FROM "twin_space"' in query["sql"] for query in counted.captured_queries) == 1


def test_resident_of_a_block_sees_no_neighbour_in_its_tree(
    as_: Client, dora: User, site: Site
) -> None:
    factories.make_site_member(site, dora)
    client = as_(dora)

    assert client.get(url(site)).json()["name"] == "Les Tilleuls"
    assert client.get(url(site, "tree/")).json()["spaces"] == []
    assert client.get("/api/v1/spaces/").json()["results"] == []


def test_change_is_stored_and_answered(as_: Client, bob: User, site: Site) -> None:
    response = as_(bob).patch(url(site), {"name": "Les Érables", "timezone": "Europe/Zurich"})

    site.refresh_from_db()
    assert (site.name, site.time_zone) == ("Les Érables", "Europe/Zurich")
    assert response.json()["timezone"] == "Europe/Zurich"


def test_location_can_be_taken_away(as_: Client, bob: User, organisation: Organisation) -> None:
    site = factories.make_site(organisation, latitude=45.0, longitude=5.0)

    response = as_(bob).patch(url(site), {"location": None})

    assert response.json()["location"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"timezone": "Nowhere"}, "#/timezone"),
        ({"name": None}, "#/name"),
        ({"template": "office@1"}, "#/template"),
        ({"organisation": None}, "#/organisation"),
    ],
)
def test_wrong_change_is_refused(
    as_: Client, bob: User, site: Site, body: dict[str, Any], pointer: str
) -> None:
    response = as_(bob).patch(url(site), body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_outdated_change_is_refused(as_: Client, bob: User, site: Site) -> None:
    client = as_(bob)
    tag = client.get(url(site)).headers["ETag"]
    client.patch(url(site), {"name": "First"}, headers={"If-Match": tag})

    response = client.patch(url(site), {"name": "Second"}, headers={"If-Match": tag})

    assert_problem(response, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")


def test_deletion_takes_all_that_twin_keeps(as_: Client, bob: User, site: Site) -> None:
    kitchen = Space.objects.get(name="Kitchen")
    factories.make_view(site, kitchen)
    factories.make_relationship(kitchen, Space.objects.get(name="Ground"))

    response = as_(bob).delete(url(site))

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert not Site.objects.exists()
    assert not Node.objects.exists()


@pytest.mark.parametrize(
    ("method", "body"), [("get", None), ("patch", {"name": "Mine"}), ("delete", None)]
)
def test_site_of_others_does_not_exist(
    as_: Client, charlie: User, site: Site, method: str, body: Any
) -> None:
    response = getattr(as_(charlie), method)(url(site), body)

    assert_problem(response, HTTPStatus.NOT_FOUND)


def test_tree_of_others_does_not_exist(as_: Client, charlie: User, site: Site) -> None:
    assert_problem(as_(charlie).get(url(site, "tree/")), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(("method", "body"), [("patch", {"name": "Mine"}), ("delete", None)])
def test_viewer_sees_but_may_not_change(
    as_: Client, vera: User, site: Site, method: str, body: Any
) -> None:
    response = getattr(as_(vera), method)(url(site), body)

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


@pytest.mark.parametrize(
    ("method", "rest", "scope"),
    [
        ("get", "", "sites:write"),
        ("get", "tree/", "sites:write"),
        ("patch", "", "sites:read"),
        ("delete", "", "sites:read"),
    ],
)
def test_scope_is_needed(
    as_: Client, bob: User, site: Site, method: str, rest: str, scope: str
) -> None:
    response = getattr(as_(bob, scope), method)(url(site, rest), {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_resident_may_not_change_their_home(as_: Client, dora: User) -> None:
    home = factories.make_site()
    factories.make_site_member(home, dora)

    response = as_(dora).patch(url(home), {"name": "Mine"})

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


def test_owner_may_change_and_delete_their_home(as_: Client, dora: User) -> None:
    home = factories.make_home(dora)
    client = as_(dora)

    assert client.patch(url(home), {"name": "Mine"}).json()["name"] == "Mine"
    assert client.delete(url(home)).status_code == HTTPStatus.NO_CONTENT
