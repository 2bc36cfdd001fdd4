"""Devices: activated from assets, placed, moved, deleted."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Organisation, User
from config.lib.errors import InvalidInput
from devices.choices import AssetStatus
from devices.errors import AssetInUse, AssetNotActive
from devices.models import Device, Placement, Point, Reading
from devices.services.devices import delete_device, update_device
from devices.services.readings import record_readings
from tests.devices.factories import make_asset, make_device, make_gateway, make_type
from tests.twin.factories import make_home, make_site, make_space
from twin.models import Node


def test_asset_comes_into_use_with_all_points_of_the_type(organisation: Organisation) -> None:
    device = make_device(organisation)

    assert device.points.count() == device.type.points.count() == 5
    assert device.asset.status == AssetStatus.ACTIVE
    assert device.fleet_id == device.asset.fleet_id
    assert device.name == device.asset.serial


def test_device_without_a_place_stands_nowhere(organisation: Organisation) -> None:
    device = make_device(organisation)

    assert device.site is None
    assert not device.placements.exists()


def test_space_implies_its_site(organisation: Organisation) -> None:
    space = make_space(make_site(organisation))

    device = make_device(organisation, space=space)

    assert device.site == space.site
    assert Node.objects.get(pk=device.pk).site == space.site
    placement = device.placements.get()
    assert (placement.site_id, placement.space_id) == (space.site_id, space.pk)
    assert placement.period.upper is None


@pytest.mark.parametrize("status", ["suspended", "retired"])
def test_asset_out_of_service_is_refused(organisation: Organisation, status: str) -> None:
    asset = make_asset(organisation, status=status)

    with pytest.raises(AssetNotActive):
        make_device(organisation, asset=asset)

    assert not Device.objects.exists()


def test_asset_comes_into_use_once(organisation: Organisation) -> None:
    device = make_device(organisation)

    with pytest.raises(AssetInUse):
        make_device(organisation, asset=device.asset)


def test_gateways_asset_makes_no_device(organisation: Organisation) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_device(organisation, asset=make_asset(organisation, role="gateway"))

    assert caught.value.findings[0].pointer == "#/asset"


def test_place_and_gateway_must_be_the_devices_own(
    organisation: Organisation, charlie: User, dora: User
) -> None:
    elsewhere = Organisation.objects.exclude(pk=organisation.pk).get()
    wrong: list[dict[str, Any]] = [
        {"site": make_site(elsewhere)},
        {"site": make_home(dora)},
        {"site": make_site(organisation), "space": make_space(make_site(organisation))},
        {"gateway": make_gateway(elsewhere)},
    ]

    for place in wrong:
        with pytest.raises(InvalidInput):
            make_device(organisation, **place)


def test_move_closes_one_placement_and_opens_the_next(organisation: Organisation) -> None:
    site = make_site(organisation)
    old, new = make_space(site), make_space(site)
    device = make_device(organisation, space=old)

    update_device(device=device, changes={"space": new})

    before, after = device.placements.order_by("period")
    assert (before.space_id, after.space_id) == (old.pk, new.pk)
    assert before.period.upper == after.period.lower
    assert after.period.upper is None


def test_move_to_another_site_leaves_the_space(organisation: Organisation) -> None:
    device = make_device(organisation, space=make_space(make_site(organisation)))
    other = make_site(organisation)

    moved = update_device(device=device, changes={"site": other})

    assert (moved.site, moved.space) == (other, None)
    assert Node.objects.get(pk=device.pk).site == other


def test_rename_leaves_the_place(organisation: Organisation) -> None:
    device = make_device(organisation, space=make_space(make_site(organisation)))

    changed = update_device(device=device, changes={"name": "Boiler 🔥", "tags": {"a": "b"}})

    assert (changed.name, changed.space) == ("Boiler 🔥", device.space)
    assert Placement.objects.count() == 1


def test_deleted_device_takes_its_readings_and_frees_its_asset(
    organisation: Organisation,
) -> None:
    device, other = make_device(organisation), make_device(organisation)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    item = {"point": "active_power", "time": at, "value": 1}
    items = [{**item, "device": one.pk} for one in (device, other)]
    record_readings(items, devices=Device.objects.all())

    delete_device(device=device)

    device.asset.refresh_from_db()
    assert device.asset.status == AssetStatus.DECLARED
    assert Reading.objects.count() == 1
    assert set(Point.objects.values_list("device", flat=True)) == {other.pk}
    assert not Node.objects.filter(pk=device.pk).exists()
    assert make_device(organisation, asset=device.asset, type=make_type())
