"""``sites/{id}/graph/``: what it shows, to whom, and at what cost."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from devices.models import Device
from tests.conftest import Client
from tests.devices import factories as devices
from tests.problems import assert_problem
from tests.twin import factories
from tests.twin.past import DAY_1, DAY_2, backdate, write_on
from twin.models import Site, Space

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(organisation: Organisation, dora: User) -> Site:
    """Two flats of a house; dora lives in the first, which a meter behind a gateway measures."""
    site = factories.make_site(organisation)
    house = factories.make_space(site, kind="house", name="House")
    flat = factories.make_space(site, house, kind="flat", name="Flat")
    factories.make_space(site, house, kind="flat", name="Other flat")
    gateway = devices.make_gateway(organisation, site=site, name="Box")
    kind = devices.make_type(category="heat-meter")
    fields = {"type": kind, "site": site, "space": flat, "gateway": gateway, "name": "Meter"}
    meter = devices.make_device(organisation, **fields)
    factories.make_view(site, flat, meter.node, name="Heat")
    factories.make_relationship(meter.node, flat)
    factories.make_occupancy(flat, dora)
    factories.make_site_member(site, dora)
    return site


def url(site: Site, rest: str = "") -> str:
    return f"/api/v1/sites/{site.pk}/graph/{rest}"


def nodes(body: Any) -> set[tuple[str, str | None, str]]:
    """Return type, kind and name of each node."""
    return {(one["type"], one["kind"], one["name"]) for one in body["nodes"]}


def edges(body: Any) -> set[tuple[str, str, str | None, str]]:
    """Return source, type, kind and target of each edge, by name."""
    names = {one["id"]: one["name"] for one in body["nodes"]}
    return {
        (names[one["source"]], one["type"], one["kind"], names[one["target"]])
        for one in body["edges"]
    }


def test_graph_shows_all_that_is_at_a_site(
    as_: Client, alice: User, dora: User, site: Site
) -> None:
    body = as_(alice).get(url(site)).json()

    serial, box = Device.objects.get().asset.serial, site.gateways.get().asset.serial
    assert body["site"] == str(site.pk)
    assert nodes(body) == {
        ("site", None, "Les Tilleuls"),
        ("space", "house", "House"),
        ("space", "flat", "Flat"),
        ("space", "flat", "Other flat"),
        ("view", None, "Heat"),
        ("gateway", None, "Box"),
        ("device", "heat-meter", "Meter"),
        ("asset", "device", f"Acme {serial}"),
        ("asset", "gateway", f"Acme {box}"),
        ("person", None, dora.name),
    }


def test_graph_joins_them(as_: Client, alice: User, dora: User, site: Site) -> None:
    body = as_(alice).get(url(site)).json()

    serial, box = Device.objects.get().asset.serial, site.gateways.get().asset.serial
    assert edges(body) == {
        ("Les Tilleuls", "contains", None, "House"),
        ("House", "contains", None, "Flat"),
        ("House", "contains", None, "Other flat"),
        ("Les Tilleuls", "has-view", None, "Heat"),
        ("Flat", "member-of", None, "Heat"),
        ("Meter", "member-of", None, "Heat"),
        ("Meter", "placed-in", None, "Flat"),
        ("Box", "placed-in", None, "Les Tilleuls"),
        ("Meter", "via", None, "Box"),
        ("Meter", "declared-as", None, f"Acme {serial}"),
        ("Box", "declared-as", None, f"Acme {box}"),
        ("Meter", "relationship", "measures", "Flat"),
        (dora.name, "occupies", None, "Flat"),
        (dora.name, "belongs-to", "resident", "Les Tilleuls"),
    }


def test_occupant_sees_the_flat_and_nobody_elses(as_: Client, dora: User, site: Site) -> None:
    body = as_(dora).get(url(site)).json()

    assert {one[2] for one in nodes(body)} == {"Les Tilleuls", "Flat", "Meter", dora.name}
    assert ("Meter", "placed-in", None, "Flat") in edges(body)
    assert not any("House" in edge for edge in edges(body))


@pytest.mark.parametrize(
    ("scopes", "types"),
    [
        (("sites:read",), {"site", "space", "view"}),
        (("sites:read", "members:read"), {"site", "space", "view", "person"}),
        (("sites:read", "devices:read"), {"site", "space", "view", "device", "gateway"}),
        (
            ("sites:read", "devices:read", "fleets:read"),
            {"site", "space", "view", "device", "gateway", "asset"},
        ),
    ],
)
def test_graph_shows_what_the_token_may_read(
    as_: Client, alice: User, site: Site, scopes: tuple[str, ...], types: set[str]
) -> None:
    body = as_(alice, *scopes).get(url(site)).json()

    assert {one["type"] for one in body["nodes"]} == types


@pytest.mark.parametrize("query", ["", "?format=ttl", "?format=jsonld"])
def test_graph_costs_the_same_for_any_number_of_things(
    as_: Client, alice: User, site: Site, organisation: Organisation, query: str
) -> None:
    client = as_(alice)
    few = cost(client, url(site) + query)

    for number in range(4):
        flat = factories.make_space(site, name=f"Flat {number}")
        device = devices.make_device(organisation, site=site, space=flat)
        factories.make_relationship(device.node, flat)
        factories.make_view(site, flat, device.node)
        factories.make_site_member(site, devices_user(number))

    assert cost(client, url(site) + query) == few


def devices_user(number: int) -> User:
    """Make one more person."""
    return User.objects.create(email=f"n{number}@example.org", name=f"N {number}")


def cost(client: Any, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == HTTPStatus.OK
    return len(captured)


@pytest.mark.parametrize("rest", ["", "report/", "?format=ttl", "?format=jsonld"])
def test_graph_of_others_does_not_exist(
    as_: Client, charlie: User, alice: User, site: Site, rest: str
) -> None:
    unscoped = as_(alice, "devices:read").get(url(site, rest))

    assert_problem(as_(charlie).get(url(site, rest)), HTTPStatus.NOT_FOUND)
    assert_problem(unscoped, HTTPStatus.FORBIDDEN, "scope-missing")


def test_unknown_parameter_is_refused(as_: Client, alice: User, site: Site) -> None:
    response = as_(alice).get(url(site), {"points": "true"})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter="points")


@pytest.mark.parametrize("query", [{}, {"format": "ttl"}])
def test_graph_of_the_past_shows_how_things_stood(
    as_: Client, alice: User, site: Site, query: dict[str, str]
) -> None:
    for thing in (site, *site.spaces.all()):
        backdate(thing)
    write_on(DAY_2)
    Space.objects.filter(name="Other flat").update(name="Practice")

    then = as_(alice).get(url(site), {**query, "at": DAY_1.isoformat()}).content.decode()
    now = as_(alice).get(url(site), query).content.decode()

    assert ("Other flat" in then, "Practice" in then) == (True, False)
    assert ("Other flat" in now, "Practice" in now) == (False, True)


def test_past_members_and_devices_elsewhere_are_left_out(
    as_: Client, alice: User, site: Site, organisation: Organisation
) -> None:
    devices.make_device(organisation, name="Elsewhere", site=factories.make_site(organisation))
    Space.objects.get(name="Flat").occupancies.all().delete()
    site.members.update(ends_at=factories.LONG_AGO)

    names = {one[2] for one in nodes(as_(alice).get(url(site)).json())}

    assert "Elsewhere" not in names
    assert not any(one["type"] == "person" for one in as_(alice).get(url(site)).json()["nodes"])
