"""The demonstration building is made once, however often the demonstration starts."""

from typing import Any

import pytest

from devices.services.catalogue import load_catalogue
from integrations.demo import building, report
from integrations.models import Connection, MeterLink
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import load_world
from tests.integrations.smartme.factories import sync
from twin.models import Site, Space
from twin.services.catalogue import load_shipped_templates

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded() -> tuple[building.Tenant, Site, Connection]:
    load_catalogue()
    load_shipped_templates()
    tenant = building.settle_tenant(known_password="")
    site = building.settle_site(tenant)
    return tenant, site, building.settle_connection(tenant, site)


def test_second_start_finds_what_the_first_made(
    seeded: tuple[building.Tenant, Site, Connection],
) -> None:
    first, site, connection = seeded

    again = building.settle_tenant(known_password=first.password)

    assert again.organisation == first.organisation
    assert building.settle_site(again) == site
    assert building.settle_connection(again, site) == connection
    assert again.owner.check_password(first.password)


def test_building_has_four_floors_of_four_flats(
    seeded: tuple[building.Tenant, Site, Connection],
) -> None:
    _, site, _ = seeded

    kinds = list(Space.objects.filter(site=site).values_list("kind", flat=True))

    assert (kinds.count("floor"), kinds.count("flat")) == (4, 16)


def test_meters_are_put_into_their_flats_and_shown(
    seeded: tuple[building.Tenant, Site, Connection], settings: Any
) -> None:
    _, site, connection = seeded
    with Simulator(SmartMeCloud(load_world("tilleuls"))) as simulator:
        settings.SMARTME_API_URL = simulator.url
        sync(connection)

    moved = building.place_meters(connection, site)

    flat = Space.objects.get(site=site, name__endswith="2.1", kind="flat")
    link = MeterLink.objects.get(connection=connection, reported_name="Appartement 2.1")
    assert (moved, building.place_meters(connection, site)) == (14, 0)
    assert link.device is not None
    assert link.device.space_id == flat.pk
    assert "Appartement 2.1" in report.meters_table(connection)
    assert report.sites_table([site]).split()[-2:] == ["88", "24"]


def test_one_line_can_be_pasted(seeded: tuple[building.Tenant, Site, Connection]) -> None:
    tenant, _, _ = seeded

    text = report.addresses(url="http://x", tenant=tenant, token="abc", cloud_url="http://y")

    lines = [line for line in text.splitlines() if line.startswith("curl ")]
    assert len(lines) == 1
    assert "Bearer abc" in lines[0]
    assert "http://x/api/v1/devices/" in lines[0]


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    assert report.table(("A", "B"), [("long", "1")]) == "A     B\n----  -\nlong  1"
