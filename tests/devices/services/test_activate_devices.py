"""Activation of many assets at once: set-wise, all or none, with the same rules as for one."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organisation
from config.lib.errors import InvalidInput
from devices.choices import AssetRole, AssetStatus
from devices.errors import AssetInUse, AssetNotActive
from devices.models import Asset, Device, DeviceType, Placement, Point
from devices.services.activation import Activation, activate_devices
from tests.devices import factories
from tests.twin.factories import make_site

Counted = Callable[..., Any]


@pytest.fixture
def kind(db: None) -> DeviceType:
    return factories.make_type()


def assets(organisation: Organisation, count: int) -> list[Asset]:
    fleet = factories.make_fleet(organisation)
    return [factories.make_asset(organisation, fleet=fleet) for _ in range(count)]


def test_devices_come_in_the_order_of_their_activations(
    organisation: Organisation, kind: DeviceType
) -> None:
    many = assets(organisation, 5)[::-1]

    devices = activate_devices([Activation(asset=asset, type=kind) for asset in many])

    assert [device.asset_id for device in devices] == [asset.pk for asset in many]
    assert [device.name for device in devices] == [asset.serial for asset in many]
    assert Point.objects.filter(device__in=devices).count() == 5 * kind.points.count()


def test_each_placed_device_gets_its_placement(
    organisation: Organisation, kind: DeviceType
) -> None:
    site = make_site(organisation)
    placed, loose = assets(organisation, 2)

    activate_devices(
        [Activation(asset=placed, type=kind, site=site), Activation(asset=loose, type=kind)]
    )

    assert list(Placement.objects.values_list("device__asset", "site")) == [(placed.pk, site.pk)]


def test_statements_do_not_grow_with_the_devices(
    organisation: Organisation, kind: DeviceType, django_assert_max_num_queries: Counted
) -> None:
    site = make_site(organisation)
    many = [Activation(asset=asset, type=kind, site=site) for asset in assets(organisation, 30)]

    with django_assert_max_num_queries(14):
        activate_devices(many)


@pytest.mark.parametrize("status", [AssetStatus.SUSPENDED, AssetStatus.RETIRED])
def test_one_refused_asset_leaves_none_activated(
    organisation: Organisation, kind: DeviceType, status: AssetStatus
) -> None:
    many = [*assets(organisation, 2), factories.make_asset(organisation, status=status)]

    with pytest.raises(AssetNotActive):
        activate_devices([Activation(asset=asset, type=kind) for asset in many])

    assert not Device.objects.exists()
    assert Asset.objects.filter(status=AssetStatus.DECLARED).count() == 2


def test_asset_in_use_is_refused(organisation: Organisation, kind: DeviceType) -> None:
    device = factories.make_device(organisation)

    with pytest.raises(AssetInUse):
        activate_devices([Activation(asset=device.asset, type=kind)])


def test_gateway_asset_becomes_no_device(organisation: Organisation, kind: DeviceType) -> None:
    asset = factories.make_asset(organisation, role=AssetRole.GATEWAY)

    with pytest.raises(InvalidInput):
        activate_devices([Activation(asset=asset, type=kind)])
