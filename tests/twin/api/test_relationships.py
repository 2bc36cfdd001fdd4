"""``relationships/``: edges between nodes, as the template allows."""

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
from twin.models import Node, Relationship, Site, Space

pytestmark = pytest.mark.django_db
URL = "/api/v1/relationships/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A site of the template ``car-park``, where devices feed bays."""
    version = factories.make_version(organisation)
    return factories.make_site(organisation, template_version=version)


@pytest.fixture
def charger(site: Site) -> Node:
    """The node of a device."""
    return factories.make_node(site, NodeKind.DEVICE)


@pytest.fixture
def bay(site: Site) -> Space:
    """A bay of the site."""
    return factories.make_space(site, kind="bay", name="Bay")


def test_edge_is_made(as_: Client, bob: User, charger: Node, bay: Space) -> None:
    body = {"kind": "feeds", "source": str(charger.pk), "target": str(bay.pk)}

    response = as_(bob).post(URL, body)

    assert response.status_code == HTTPStatus.CREATED
    assert {key: response.json()[key] for key in body} == body
    assert response.json()["site"] == str(bay.site_id)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "warms"}, "#/kind"),
        ({"kind": "Not a kind"}, "#/kind"),
        ({"source": "bay", "target": "charger"}, "#/source"),
        ({"target": "charger"}, "#/target"),
        ({"source": "unknown"}, "#/source"),
        ({"target": "x"}, "#/target"),
    ],
)
def test_edge_must_fit_the_template(
    as_: Client, bob: User, charger: Node, bay: Space, change: dict[str, str], pointer: str
) -> None:
    ids = {"charger": str(charger.pk), "bay": str(bay.pk), "unknown": str(uuid4())}
    body = {"kind": "feeds", "source": "charger", "target": "bay", **change}

    response = as_(bob).post(URL, {key: ids.get(value, value) for key, value in body.items()})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert not Relationship.objects.exists()


def test_same_edge_twice_is_refused(as_: Client, bob: User, charger: Node, bay: Space) -> None:
    body = {"kind": "feeds", "source": charger.pk, "target": bay.pk}
    client = as_(bob)
    client.post(URL, body)

    assert_problem(client.post(URL, body), HTTPStatus.CONFLICT, "relationship-exists")


def test_edge_across_two_homes_is_refused(as_: Client, dora: User) -> None:
    rooms = [factories.make_space(factories.make_home(dora)) for _ in "ab"]

    body = {"kind": "feeds", "source": rooms[0].pk, "target": rooms[1].pk}
    response = as_(dora).post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/target")


def test_list_filters_by_end_and_kind(as_: Client, vera: User, charger: Node, bay: Space) -> None:
    edge = factories.make_relationship(charger, bay, kind="feeds")
    client = as_(vera)

    for query in (f"source={charger.pk}", f"target={bay.pk}", f"node={bay.pk}", "kind=feeds"):
        (found,) = client.get(f"{URL}?{query}").json()["results"]
        assert found["id"] == str(edge.pk)
    assert client.get(f"{URL}?source={bay.pk}").json()["results"] == []


def test_list_costs_the_same_for_any_length(
    as_: Client,
    vera: User,
    charger: Node,
    bay: Space,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for kind in ("feeds", "measures", "controls"):
        factories.make_relationship(charger, bay, kind=kind)
    client = as_(vera)

    with django_assert_max_num_queries(5):
        assert len(client.get(URL).json()["results"]) == 3


def test_edge_is_deleted(as_: Client, bob: User, charger: Node, bay: Space) -> None:
    edge = factories.make_relationship(charger, bay)

    response = as_(bob).delete(f"{URL}{edge.pk}/")

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert not Relationship.objects.exists()


@pytest.mark.parametrize("method", ["get", "delete"])
def test_edge_of_others_does_not_exist(
    as_: Client, charlie: User, charger: Node, bay: Space, method: str
) -> None:
    edge = factories.make_relationship(charger, bay)

    response = getattr(as_(charlie), method)(f"{URL}{edge.pk}/")

    assert_problem(response, HTTPStatus.NOT_FOUND)


def test_nodes_of_others_cannot_be_joined(
    as_: Client, charlie: User, charger: Node, bay: Space
) -> None:
    body = {"kind": "feeds", "source": charger.pk, "target": bay.pk}

    response = as_(charlie).post(URL, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/source")


def test_viewer_may_not_join_nor_part(as_: Client, vera: User, charger: Node, bay: Space) -> None:
    edge, client = factories.make_relationship(charger, bay), as_(vera)
    body = {"kind": "feeds", "source": charger.pk, "target": bay.pk}

    for response in (client.post(URL, body), client.delete(f"{URL}{edge.pk}/")):
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


@pytest.mark.parametrize(("method", "scope"), [("get", "sites:write"), ("post", "sites:read")])
def test_scope_is_needed(as_: Client, bob: User, method: str, scope: Any) -> None:
    response = getattr(as_(bob, scope), method)(URL, {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")
