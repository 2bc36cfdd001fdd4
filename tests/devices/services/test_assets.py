"""Assets: declared once, refused when suspended or retired, taken off the list when unused."""

from typing import Any

import pytest

from accounts.models import Organisation
from config.lib import secrets
from devices.choices import AssetStatus
from devices.errors import AssetAlreadyDeclared, AssetInUse, AssetRetired
from devices.models import Asset, Fleet
from devices.services import assets
from devices.services.assets import Declaration
from tests.devices.factories import make_asset, make_device, make_fleet


@pytest.fixture
def fleet(organisation: Organisation) -> Fleet:
    return make_fleet(organisation)


def declaration(fleet: Fleet, serial: str = "007", **overrides: Any) -> Declaration:
    return Declaration(fleet=fleet, manufacturer="Acme", serial=serial, **overrides)


def test_claim_code_is_kept_as_a_digest_alone(fleet: Fleet) -> None:
    asset, code = assets.declare_asset(declaration(fleet))

    assert asset.claim_code_digest == secrets.digest(secrets.normalise_code(code))
    assert asset.node.organisation_id == fleet.organisation_id
    assert asset.status == AssetStatus.DECLARED


def test_serial_keeps_its_exact_text(fleet: Fleet) -> None:
    asset, _ = assets.declare_asset(declaration(fleet, "0009007199254740993"))

    asset.refresh_from_db()
    assert asset.serial == "0009007199254740993"


def test_same_serial_is_declared_once_in_an_organisation(fleet: Fleet) -> None:
    assets.declare_asset(declaration(fleet))

    with pytest.raises(AssetAlreadyDeclared):
        assets.declare_asset(declaration(fleet))


def test_another_organisation_may_declare_the_same_serial(fleet: Fleet, charlie: Any) -> None:
    assets.declare_asset(declaration(fleet))
    elsewhere = make_fleet(Organisation.objects.exclude(pk=fleet.organisation_id).get())

    assets.declare_asset(declaration(elsewhere))

    assert Asset.objects.filter(serial="007").count() == 2


def test_thousands_are_declared_with_a_few_statements(
    fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    many = [declaration(fleet, str(number)) for number in range(3_000)]

    with django_assert_max_num_queries(8):
        declared = assets.declare_assets([*many, many[0]])

    assert all(declared[:-1])
    assert declared[-1] is None
    assert Asset.objects.count() == 3_000


def test_suspended_asset_comes_back_as_what_it_was(organisation: Organisation) -> None:
    unused, used = make_asset(organisation), make_device(organisation).asset

    back = [
        assets.reactivate_asset(asset=assets.suspend_asset(asset=asset)).status
        for asset in (unused, used)
    ]

    assert back == [AssetStatus.DECLARED, AssetStatus.ACTIVE]


def test_retirement_is_final(organisation: Organisation) -> None:
    asset = assets.retire_asset(asset=make_asset(organisation))

    for change in (assets.suspend_asset, assets.reactivate_asset, assets.retire_asset):
        with pytest.raises(AssetRetired):
            change(asset=asset)


def test_used_asset_stays_on_the_list(organisation: Organisation) -> None:
    device = make_device(organisation)

    with pytest.raises(AssetInUse):
        assets.delete_asset(asset=device.asset)


def test_device_follows_its_asset_to_another_fleet(organisation: Organisation) -> None:
    device, other = make_device(organisation), make_fleet(organisation)

    assets.change_asset(asset=device.asset, fleet=other)

    device.refresh_from_db()
    assert device.fleet == other
