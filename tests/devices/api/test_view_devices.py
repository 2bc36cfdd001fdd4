"""``views/{id}/devices/``, ``devices/?view=`` and why a device is in a view."""

from http import HTTPStatus
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from devices.models import Device
from tests.conftest import Client
from tests.devices import factories as devices
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import Site, Space, View

pytestmark = pytest.mark.django_db
DEVICES = "/api/v1/devices/"


@pytest.fixture
def site(organisation: Organisation) -> Site:
    """A heat meter in the flat of a house, a lamp in its stairs, a spare lamp in no space."""
    site = factories.make_site(organisation)
    house = factories.make_space(site, kind="house", name="House", template_key="house")
    flat = factories.make_space(site, house, kind="flat", name="Flat")
    stairs = factories.make_space(site, house, kind="stairs", name="Stairs")
    heat = devices.make_type(key="heat", category="heat-meter")
    lamp = devices.make_type(key="lamp", category="light")
    place(organisation, "Heat", type=heat, site=site, space=flat, tags={"system": "heat"})
    place(organisation, "Lamp", type=lamp, site=site, space=stairs)
    place(organisation, "Spare", type=lamp, site=site, tags={"system": "heat", "spare": "yes"})
    return site


def place(organisation: Organisation, name: str, **fields: Any) -> Device:
    return devices.make_device(organisation, name=name, **fields)


def named(name: str) -> Device:
    return Device.objects.get(name=name)


def url(view: View, rest: str = "devices/") -> str:
    return f"/api/v1/views/{view.pk}/{rest}"


def names(response: Any) -> set[str]:
    """Return the names of the devices that a list shows."""
    return {one["name"] for one in response.json()["results"]}


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"categories": ["heat-meter"]}, {"Heat"}),
        ({"types": ["lamp"]}, {"Lamp", "Spare"}),
        ({"status": ["unknown"]}, {"Heat", "Lamp", "Spare"}),
        ({"status": ["online"]}, set()),
        ({"tags": {"system": "heat"}}, {"Heat", "Spare"}),
        ({"tags": {"system": "heat", "spare": "yes"}}, {"Spare"}),
        ({"inside": {"kinds": ["flat"]}}, {"Heat"}),
        ({"inside": {"keys": ["house"]}}, {"Heat", "Lamp"}),
        ({"outside": {"kinds": ["flat"]}}, {"Lamp", "Spare"}),
        ({"not": {"inside": {"keys": ["house"]}}}, {"Spare"}),
        ({"kinds": ["flat"]}, set()),
        ({"not": {"kinds": ["flat"]}}, {"Heat", "Lamp", "Spare"}),
        ({"all": [{"categories": ["light"]}, {"inside": {"kinds": ["stairs"]}}]}, {"Lamp"}),
        ({"any": [{"categories": ["heat-meter"]}, {"tags": {"spare": "yes"}}]}, {"Heat", "Spare"}),
    ],
)
def test_rule_finds_devices(
    as_: Client, vera: User, site: Site, rule: dict[str, Any], found: set[str]
) -> None:
    assert names(as_(vera).get(url(factories.make_view(site, rule=rule)))) == found


def test_rule_names_a_place_by_its_id(as_: Client, vera: User, site: Site) -> None:
    rule = {"inside": {"spaces": [str(Space.objects.get(name="Stairs").pk)]}}

    assert names(as_(vera).get(url(factories.make_view(site, rule=rule)))) == {"Lamp"}


def test_many_places_of_a_kind_are_found_one_by_one(
    as_: Client, vera: User, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.selectors.rule_conditions.MAX_PLACES", 0)
    inside = factories.make_view(site, rule={"inside": {"kinds": ["flat", "stairs"]}})
    outside = factories.make_view(site, rule={"outside": {"kinds": ["flat", "stairs"]}})

    assert names(as_(vera).get(url(inside))) == {"Heat", "Lamp"}
    assert names(as_(vera).get(url(outside))) == {"Spare"}


def test_members_rule_and_nested_views_are_joined(as_: Client, vera: User, site: Site) -> None:
    inner = factories.make_view(site, rule={"tags": {"spare": "yes"}})
    view = factories.make_view(site, named("Lamp").node, inner.node, rule={"types": ["heat"]})

    assert names(as_(vera).get(url(view))) == {"Heat", "Lamp", "Spare"}


def test_view_of_an_organisation_reaches_devices_without_a_site(
    as_: Client, bob: User, site: Site, organisation: Organisation
) -> None:
    place(organisation, "In the store", type=named("Heat").type)
    body = {"name": "Heat meters", "rule": {"categories": ["heat-meter"]}}
    view = View.objects.get(pk=as_(bob).post("/api/v1/views/", body).json()["id"])

    assert names(as_(bob).get(url(view))) == {"Heat", "In the store"}


def test_list_of_a_view_is_filtered_trimmed_and_expanded(
    as_: Client, vera: User, site: Site
) -> None:
    view = factories.make_view(site, rule={"tags": {"system": "heat"}})
    query = {"category": "light", "expand": "asset", "fields": "name,asset"}

    (found,) = as_(vera).get(url(view), query).json()["results"]

    assert found["name"] == "Spare"
    assert found["asset"]["id"] == str(named("Spare").asset_id)


def test_devices_are_filtered_by_view(as_: Client, vera: User, site: Site) -> None:
    view = factories.make_view(site, rule={"categories": ["light"]})

    assert names(as_(vera).get(DEVICES, {"view": view.pk, "tag": "spare:yes"})) == {"Spare"}


def test_view_of_others_filters_all_devices_away(as_: Client, vera: User, site: Site) -> None:
    view = factories.make_view(factories.make_site(factories.make_organisation()))

    assert names(as_(vera).get(DEVICES, {"view": view.pk})) == set()


def test_view_shows_no_device_that_its_reader_may_not_see(
    as_: Client, dora: User, site: Site
) -> None:
    home = factories.make_home(dora)
    view = factories.make_view(home, named("Heat").node, rule={"not": {"types": ["none"]}})

    assert names(as_(dora).get(url(view))) == set()


def test_view_costs_the_same_for_any_number_of_devices(
    as_: Client,
    vera: User,
    site: Site,
    organisation: Organisation,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    rule = {"all": [{"categories": ["heat-meter"]}, {"inside": {"kinds": ["flat"]}}]}
    view, client = factories.make_view(site, rule=rule), as_(vera)
    for number in range(5):
        flat = Space.objects.get(name="Flat")
        place(organisation, f"Heat {number}", type=named("Heat").type, site=site, space=flat)

    with django_assert_max_num_queries(9):
        assert len(names(client.get(url(view)))) == 6


def test_devices_need_the_scope_and_the_view(
    as_: Client, vera: User, charlie: User, site: Site
) -> None:
    view = factories.make_view(site)

    assert_problem(as_(charlie).get(url(view)), HTTPStatus.NOT_FOUND)
    response = as_(vera, "sites:read").get(url(view))
    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_explanation_of_a_device_names_each_clause(as_: Client, vera: User, site: Site) -> None:
    rule = {"all": [{"categories": ["light"]}, {"outside": {"kinds": ["stairs"]}}]}
    view, client = factories.make_view(site, rule=rule), as_(vera)

    spare = client.get(url(view, "explain/"), {"node": named("Spare").pk}).json()
    lamp = client.get(url(view, "explain/"), {"node": named("Lamp").pk}).json()

    assert (spare["kind"], spare["contained"], lamp["contained"]) == ("device", True, False)
    held = [(one["pointer"], one["holds"]) for one in lamp["views"][0]["clauses"]]
    assert held == [("#/rule", False), ("#/rule/all/0", True), ("#/rule/all/1", False)]


def test_explanation_of_a_device_needs_the_scope_of_devices(
    as_: Client, vera: User, site: Site
) -> None:
    view = factories.make_view(site)

    response = as_(vera, "sites:read").get(url(view, "explain/"), {"node": named("Lamp").pk})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_explanation_of_a_gateway_knows_members_alone(
    as_: Client, vera: User, site: Site, organisation: Organisation
) -> None:
    gateway = devices.make_gateway(organisation, site=site)
    view = factories.make_view(site, gateway.node, rule={"not": {"kinds": ["flat"]}})

    body = as_(vera).get(url(view, "explain/"), {"node": gateway.pk}).json()

    assert body["because"] == [{"by": "member", "view": str(view.pk)}]
    assert body["views"][0]["clauses"] == []
