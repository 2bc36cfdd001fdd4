"""``views/``: groups by hand and by rule."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories
from twin.choices import NodeKind
from twin.models import Site, Space, View

pytestmark = pytest.mark.django_db
URL = "/api/v1/views/"


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


def url(view: View, rest: str = "") -> str:
    return f"{URL}{view.pk}/{rest}"


def spaces_of(client: Any, view: View) -> set[str]:
    """Return the names of the spaces that a view shows."""
    return {one["name"] for one in client.get(url(view, "spaces/")).json()["results"]}


def test_view_is_made_in_a_site(as_: Client, bob: User, site: Site) -> None:
    body = {"site": site.pk, "name": "Flats", "rule": {"kinds": ["flat"]}}

    response = as_(bob).post(URL, body)

    assert response.status_code == HTTPStatus.CREATED
    assert response.json()["rule"] == {"kinds": ["flat"]}
    assert spaces_of(as_(bob), View.objects.get()) == {"Flat"}


def test_view_without_a_site_reaches_across_the_organisation(
    as_: Client, bob: User, site: Site, organisation: Organisation
) -> None:
    other = factories.make_site(organisation)
    factories.make_space(other, kind="flat", name="Elsewhere")

    as_(bob).post(URL, {"name": "Flats", "rule": {"kinds": ["flat"]}})

    assert spaces_of(as_(bob), View.objects.get()) == {"Flat", "Elsewhere"}


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ({"kinds": ["flat", "room"]}, {"Flat", "Kitchen"}),
        ({"properties": {"let": True}}, {"Flat"}),
        ({"inside": {"kinds": ["flat"]}}, {"Flat", "Kitchen"}),
        ({"inside": {"keys": ["house"]}}, {"House", "Flat", "Kitchen", "Stairs"}),
        ({"not": {"inside": {"kinds": ["flat"]}}}, {"House", "Stairs"}),
        ({"outside": {"kinds": ["flat"]}}, {"House", "Stairs"}),
        ({"not": {"outside": {"keys": ["house"]}}}, {"House", "Flat", "Kitchen", "Stairs"}),
        ({"inside": {"kinds": ["cellar"]}}, set()),
        ({"types": ["heat-meter"]}, set()),
        ({"not": {"status": ["online"]}}, {"House", "Flat", "Kitchen", "Stairs"}),
        ({"all": [{"inside": {"kinds": ["flat"]}}, {"kinds": ["room"]}]}, {"Kitchen"}),
        ({"any": [{"kinds": ["room"]}, {"kinds": ["stairs"]}]}, {"Kitchen", "Stairs"}),
        ({"categories": ["heat-meter"]}, set()),
        ({"tags": {"system": "heat"}}, set()),
    ],
)
def test_rule_finds_spaces(
    as_: Client, vera: User, site: Site, rule: dict[str, Any], names: set[str]
) -> None:
    assert spaces_of(as_(vera), factories.make_view(site, rule=rule)) == names


def test_members_and_rule_are_joined(as_: Client, vera: User, site: Site) -> None:
    view = factories.make_view(site, named("Flat"), rule={"kinds": ["flat", "stairs"]})

    assert spaces_of(as_(vera), view) == {"Flat", "Stairs"}


def test_nodes_are_put_in_and_taken_out(as_: Client, bob: User, site: Site) -> None:
    view, client = factories.make_view(site), as_(bob)
    device = factories.make_node(site, NodeKind.DEVICE)
    nodes = [str(named("Flat").pk), str(device.pk)]

    added = client.post(url(view, "members/"), {"nodes": nodes})
    again = client.post(url(view, "members/"), {"nodes": nodes[:1]})
    removed = client.delete(url(view, f"members/{device.pk}/"))

    assert (added.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.CREATED)
    assert removed.status_code == HTTPStatus.NO_CONTENT
    results = client.get(url(view, "members/")).json()["results"]
    assert [(one["id"], one["kind"]) for one in results] == [(nodes[0], "space")]


def test_members_cost_the_same_for_any_number(
    as_: Client, vera: User, site: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    view = factories.make_view(site, *Space.objects.all())
    client = as_(vera)

    with django_assert_max_num_queries(6):
        assert len(client.get(url(view, "members/")).json()["results"]) == 4


def test_taking_out_what_is_not_in_is_not_found(as_: Client, bob: User, site: Site) -> None:
    view = factories.make_view(site)

    response = as_(bob).delete(url(view, f"members/{named('Flat').pk}/"))

    assert_problem(response, HTTPStatus.NOT_FOUND)


def test_node_of_another_site_is_refused(
    as_: Client, bob: User, site: Site, organisation: Organisation
) -> None:
    barn = factories.make_space(factories.make_site(organisation))
    nodes = [named("Flat").pk, barn.pk, uuid4()]

    response = as_(bob).post(url(factories.make_view(site), "members/"), {"nodes": nodes})

    errors = assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")["errors"]
    assert [one["pointer"] for one in errors] == ["#/nodes/1", "#/nodes/2"]


def test_views_do_not_nest_in_a_ring(as_: Client, bob: User, site: Site) -> None:
    inner = factories.make_view(site)
    outer = factories.make_view(site, inner.node)

    response = as_(bob).post(url(inner, "members/"), {"nodes": [outer.pk]})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/nodes")


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"kind": ["flat"]}, "#/rule"),
        ({"kinds": "flat"}, "#/rule/kinds"),
        ({"kinds": ["flat"], "not": {"kinds": ["room"]}}, "#/rule"),
        ({"inside": {"spaces": ["x" * 36]}}, "#/rule/inside/spaces/0"),
        (
            {"all": [{"not": {"outside": {"spaces": ["x" * 36]}}}]},
            "#/rule/all/0/not/outside/spaces/0",
        ),
        ({"inside": {"spaces": [str(uuid4())]}}, "#/rule/inside/spaces/0"),
        ({"status": ["asleep"]}, "#/rule/status/0"),
        ({"all": [{"any": [{"kinds": ["flat"]}] * 50}] * 2}, "#/rule"),
        ([], "#/rule"),
    ],
)
def test_wrong_rule_is_refused(
    as_: Client, bob: User, site: Site, rule: object, pointer: str
) -> None:
    response = as_(bob).post(URL, {"site": site.pk, "name": "Flats", "rule": rule})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_rule_with_a_kind_the_template_lacks_is_refused(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    version = factories.make_version(organisation)
    site = factories.make_site(organisation, template_version=version)
    rule = {"any": [{"kinds": ["deck"]}, {"outside": {"kinds": ["flat"]}}]}

    response = as_(bob).post(URL, {"site": site.pk, "name": "Flats", "rule": rule})

    pointer = "#/rule/any/1/outside/kinds"
    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_view_is_changed_and_deleted(as_: Client, bob: User, site: Site) -> None:
    view, client = factories.make_view(site, named("Flat")), as_(bob)

    changed = client.patch(url(view), {"name": "Warmth", "rule": {"kinds": ["room"]}}).json()
    deleted = client.delete(url(view))

    assert (changed["name"], changed["rule"]) == ("Warmth", {"kinds": ["room"]})
    assert deleted.status_code == HTTPStatus.NO_CONTENT
    assert named("Flat")


@pytest.mark.parametrize("rest", ["", "members/", "spaces/"])
def test_view_of_others_does_not_exist(as_: Client, charlie: User, site: Site, rest: str) -> None:
    response = as_(charlie).get(url(factories.make_view(site), rest))

    assert_problem(response, HTTPStatus.NOT_FOUND)


def test_viewer_may_not_change_views(as_: Client, vera: User, site: Site) -> None:
    view, client = factories.make_view(site), as_(vera)

    answers = [
        client.post(URL, {"site": site.pk, "name": "Flats"}),
        client.patch(url(view), {"name": "Mine"}),
        client.delete(url(view)),
        client.post(url(view, "members/"), {"nodes": [named("Flat").pk]}),
        client.delete(url(view, f"members/{named('Flat').pk}/")),
    ]

    for response in answers:
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


@pytest.mark.parametrize(("method", "scope"), [("get", "sites:write"), ("post", "sites:read")])
def test_scope_is_needed(as_: Client, bob: User, method: str, scope: str) -> None:
    response = getattr(as_(bob, scope), method)(URL, {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")
