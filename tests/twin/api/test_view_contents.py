"""``views/{id}/spaces/``, ``spaces/?view=`` and ``views/{id}/explain/``."""

from http import HTTPStatus
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Site, Space, View, ViewMember

NOBODY = "01900000-0000-7000-8000-000000000000"

pytestmark = pytest.mark.django_db
SPACES = "/api/v1/spaces/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A free-form site: house > (flat > kitchen, stairs)."""
    site = factories.make_site(organisation)
    house = factories.make_space(site, kind="house", name="House", template_key="house")
    flat = factories.make_space(site, house, kind="flat", name="Flat", properties={"let": True})
    factories.make_space(site, flat, kind="room", name="Kitchen")
    factories.make_space(site, house, kind="stairs", name="Stairs")
    return site


def named(name: str) -> Space:
    return Space.objects.get(name=name)


def url(view: View, rest: str) -> str:
    return f"/api/v1/views/{view.pk}/{rest}"


def names(response: Any) -> list[str]:
    """Return the names of what a list shows, in its order."""
    return [one["name"] for one in response.json()["results"]]


def explained(client: Any, view: View, name: str) -> Any:
    """Return why the space of that name is in the view."""
    return client.get(url(view, "explain/"), {"node": named(name).pk}).json()


def make_chain(site: Site) -> View:
    """Make outer > middle > inner; the outer has stairs, the middle a rule, the inner a kitchen."""
    inner = factories.make_view(site, named("Kitchen"), name="Inner")
    middle = factories.make_view(site, inner.node, name="Middle", rule={"kinds": ["flat"]})
    return factories.make_view(site, middle.node, named("Stairs"), name="Outer")


def test_view_holds_what_the_views_inside_it_hold(as_: Client, vera: User, site: Site) -> None:
    found = names(as_(vera).get(url(make_chain(site), "spaces/")))

    assert found == ["Flat", "Kitchen", "Stairs"]


def test_nested_views_cost_no_query_more_for_what_they_hold(
    as_: Client, vera: User, site: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    view, client = make_chain(site), as_(vera)
    for _ in range(5):
        factories.make_space(site, kind="flat")

    with django_assert_max_num_queries(8):
        assert len(names(client.get(url(view, "spaces/")))) == 8


def test_ring_in_the_database_does_not_hang_a_reader(as_: Client, vera: User, site: Site) -> None:
    outer = factories.make_view(site, named("Flat"))
    inner = factories.make_view(site, outer.node)
    ViewMember.objects.create(view=outer, node=inner.node, organisation=site.organisation)

    assert names(as_(vera).get(url(inner, "spaces/"))) == ["Flat"]


def test_longer_ring_is_refused(as_: Client, bob: User, site: Site) -> None:
    outer = make_chain(site)
    inner = View.objects.get(name="Inner")

    response = as_(bob).post(url(inner, "members/"), {"nodes": [outer.pk]})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/nodes")


def test_view_of_an_organisation_holds_views_of_its_sites(
    as_: Client, bob: User, site: Site, organisation: Organisation
) -> None:
    other = factories.make_site(organisation)
    factories.make_space(other, kind="flat", name="Elsewhere")
    parts = [factories.make_view(one, rule={"kinds": ["flat"]}) for one in (site, other)]
    view = View.objects.get(pk=as_(bob).post("/api/v1/views/", {"name": "All"}).json()["id"])

    as_(bob).post(url(view, "members/"), {"nodes": [one.pk for one in parts]})

    assert names(as_(bob).get(url(view, "spaces/"))) == ["Flat", "Elsewhere"]


def test_contents_come_in_pages_with_filters_and_fields(
    as_: Client, vera: User, site: Site
) -> None:
    view, client = factories.make_view(site, rule={"not": {"kinds": ["flat"]}}), as_(vera)

    first = client.get(url(view, "spaces/"), {"limit": 2}).json()
    second = client.get(first["next"]).json()
    trimmed = client.get(url(view, "spaces/"), {"kind": "room", "fields": "name"}).json()

    pages = [[one["name"] for one in page["results"]] for page in (first, second)]
    assert pages == [["House", "Kitchen"], ["Stairs"]]
    assert trimmed["results"] == [{"name": "Kitchen"}]


def test_spaces_are_filtered_by_view(as_: Client, vera: User, site: Site) -> None:
    view = factories.make_view(site, rule={"inside": {"kinds": ["flat"]}})

    response = as_(vera).get(SPACES, {"view": view.pk, "kind": "room"})

    assert names(response) == ["Kitchen"]


@pytest.mark.parametrize("who", ["charlie", "vera"])
def test_view_that_one_cannot_see_filters_everything_away(
    as_: Client, who: str, site: Site, request: pytest.FixtureRequest
) -> None:
    view = factories.make_view(factories.make_site(factories.make_organisation()))
    ViewMember.objects.create(view=view, node=named("Flat").node)

    assert names(as_(request.getfixturevalue(who)).get(SPACES, {"view": view.pk})) == []


def test_view_shows_no_space_that_its_reader_may_not_see(
    as_: Client, site: Site, dora: User
) -> None:
    """A view of hers that somehow names a neighbour's flat stays without it."""
    home = factories.make_home(dora)
    factories.make_space(home, name="Study")
    view = factories.make_view(home, named("Flat"), rule={"not": {"kinds": ["nothing"]}})

    assert names(as_(dora).get(url(view, "spaces/"))) == ["Study"]


@pytest.mark.parametrize("rest", ["spaces/", f"explain/?node={NOBODY}"])
def test_contents_need_the_scope_and_the_view(
    as_: Client, charlie: User, vera: User, site: Site, rest: str
) -> None:
    view = factories.make_view(site)

    unseen = as_(charlie).get(url(view, rest))
    unscoped = as_(vera, "devices:read").get(url(view, rest))

    assert_problem(unseen, HTTPStatus.NOT_FOUND)
    assert_problem(unscoped, HTTPStatus.FORBIDDEN, "scope-missing")


def test_explanation_names_the_member_and_the_rule(as_: Client, vera: User, site: Site) -> None:
    view = make_chain(site)
    middle = View.objects.get(name="Middle")

    flat, kitchen = explained(as_(vera), view, "Flat"), explained(as_(vera), view, "Kitchen")

    assert flat["contained"] is True
    assert flat["because"] == [{"by": "rule", "view": str(middle.pk)}]
    inner = str(View.objects.get(name="Inner").pk)
    assert kitchen["because"] == [{"by": "member", "view": inner}]


def test_explanation_shows_which_clause_fails(as_: Client, vera: User, site: Site) -> None:
    rule = {"all": [{"inside": {"keys": ["house"]}}, {"any": [{"kinds": ["room"]}]}]}
    view = factories.make_view(site, rule=rule)

    body = explained(as_(vera), view, "Stairs")

    assert (body["contained"], body["because"]) == (False, [])
    assert body["views"][0]["clauses"] == [
        {"pointer": "#/rule", "condition": "all", "value": None, "holds": False},
        {
            "pointer": "#/rule/all/0",
            "condition": "inside",
            "value": {"keys": ["house"]},
            "holds": True,
        },
        {"pointer": "#/rule/all/1", "condition": "any", "value": None, "holds": False},
        {
            "pointer": "#/rule/all/1/any/0",
            "condition": "kinds",
            "value": ["room"],
            "holds": False,
        },
    ]


@pytest.mark.parametrize(
    "rule",
    [
        {"not": {"kinds": ["flat"]}},
        {"outside": {"kinds": ["flat"]}},
        {"any": [{"properties": {"let": True}}, {"not": {"inside": {"keys": ["house"]}}}]},
        {"tags": {"a": "b"}},
    ],
)
def test_explanation_agrees_with_the_list(
    as_: Client, vera: User, site: Site, rule: dict[str, Any]
) -> None:
    view, client = factories.make_view(site, rule=rule), as_(vera)
    listed = set(names(client.get(url(view, "spaces/"))))

    told = {
        one.name for one in Space.objects.all() if explained(client, view, one.name)["contained"]
    }

    assert told == listed


def test_explanation_says_that_the_node_is_out_of_reach(
    as_: Client, vera: User, site: Site, organisation: Organisation
) -> None:
    barn = factories.make_space(factories.make_site(organisation), kind="flat", name="Barn")
    view = factories.make_view(site, rule={"kinds": ["flat"]})

    body = as_(vera).get(url(view, "explain/"), {"node": barn.pk}).json()

    assert (body["contained"], body["views"][0]["within_reach"]) == (False, False)
    assert body["views"][0]["clauses"][0]["holds"] is True


@pytest.mark.parametrize("query", [{}, {"node": "x"}, {"node": NOBODY}])
def test_explanation_needs_a_node_that_one_sees(
    as_: Client, vera: User, site: Site, query: dict[str, str]
) -> None:
    response = as_(vera).get(url(factories.make_view(site), "explain/"), query)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter="node")
