"""What is embedded, imported and walked back to keeps within reach, whatever leads there."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Consent, Organisation, User
from config.lib.times import format_time
from devices.models import Fleet, ImportRow
from devices.services.imports import check_import, start_import
from devices.services.onboarding.files import read_objects
from devices.services.onboarding.sheet import read_rows
from tests.conftest import Client
from tests.devices.factories import make_device, make_gateway
from tests.twin import factories as twin
from twin.models import Site, Space

pytestmark = pytest.mark.django_db
MOVED_IN = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return twin.make_site(organisation)


@pytest.fixture
def flat(site: Site) -> Space:
    return twin.make_space(site, kind="flat", name="Flat 1")


@pytest.mark.parametrize("list_of", ["", "?"])
def test_embedded_things_come_through_their_own_gate(
    as_: Client, alice: User, dora: User, organisation: Organisation, flat: Space, list_of: str
) -> None:
    gateway = make_gateway(organisation, site=flat.site, space=twin.make_space(flat.site))
    device = make_device(organisation, space=flat, gateway=gateway)
    twin.make_occupancy(flat, dora)

    def embedded(user: User, *scopes: str) -> Any:
        address = "/api/v1/devices/" if list_of else f"/api/v1/devices/{device.pk}/"
        body = as_(user, *scopes).get(address, {"expand": "fleet,gateway"}).json()
        return [(body["results"][0] if list_of else body)[name] for name in ("fleet", "gateway")]

    assert embedded(dora) == [None, None]
    assert embedded(alice, "devices:read")[0] is None
    assert [one["id"] for one in embedded(alice)] == [str(device.fleet_id), str(gateway.pk)]


def _finding(organisation: Organisation, row: dict[str, Any]) -> str:
    job = start_import(
        organisation=organisation.pk,
        file_name="x.json",
        mode="rows",
        rows=read_rows(read_objects([row])),
    )
    check_import(job.pk)
    (found,) = ImportRow.objects.filter(bulk_import=job)
    (fault,) = found.findings
    return str(fault["detail"])


def test_import_tells_foreign_places_and_things_from_none_by_nothing(
    organisation: Organisation, charlie: User, site: Site
) -> None:
    theirs = Organisation.objects.get(name="Elsewhere")
    there = twin.make_site(theirs)
    space, home = twin.make_space(there), twin.make_home(charlie)
    gateway = make_gateway(theirs, site=there)
    fleet = Fleet.objects.create(organisation=organisation, name="Mine")
    unknown = "0198aaaa-0000-7000-8000-000000000000"

    for key in (there.pk, space.pk, home.pk):
        row = {"type": "space", "kind": "room", "name": "R", "parent": unknown}
        mine = _finding(organisation, row).replace(unknown, "X")
        assert _finding(organisation, {**row, "parent": str(key)}).replace(str(key), "X") == mine

    device = make_device(organisation)
    for name in (str(gateway.pk), gateway.asset.serial):
        row = {"type": "device", "fleet": fleet.name, "manufacturer": "M", "serial": "S"}
        row |= {"device_type": device.type.key, "parent": str(site.pk), "gateway": unknown}
        mine = _finding(organisation, row).replace(unknown, "X")
        assert _finding(organisation, {**row, "gateway": name}).replace(name, "X") == mine


PAST = ("sites/{site}/", "sites/{site}/tree/", "spaces/{flat}/", "devices/{device}/")


@pytest.mark.parametrize("path", PAST)
def test_past_of_a_flat_is_open_to_whom_it_is_open_today(
    as_: Client,
    organisation: Organisation,
    alice: User,
    dora: User,
    charlie: User,
    flat: Space,
    path: str,
) -> None:
    device = make_device(organisation, space=flat)
    for row in (flat.site, flat, device, device.asset):
        type(row)._default_manager.filter(pk=row.pk).update(created_at=twin.LONG_AGO)
    twin.make_occupancy(flat, dora, since=MOVED_IN)
    twin.make_occupancy(flat, charlie, until=MOVED_IN)
    address = "/api/v1/" + path.format(site=flat.site_id, flat=flat.pk, device=device.pk)
    before, since = (datetime(2025, month, 1, tzinfo=UTC) for month in (5, 7))

    def seen(user: User, at: datetime) -> bool:
        answer = as_(user).get(address, {"at": format_time(at)})
        assert answer.status_code in {200, 404}, answer.content
        return bool(answer.status_code == 200)

    assert [seen(dora, at) for at in (before, since)] == [False, True]
    assert [seen(charlie, at) for at in (before, since)] == [False, False]
    assert [seen(alice, at) for at in (before, since)] == [True, True]
    Consent.objects.filter(user=alice).update(history_from=MOVED_IN)
    assert [seen(alice, at) for at in (before, since)] == [False, True]
