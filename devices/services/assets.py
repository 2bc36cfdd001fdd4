"""Assets: the allow-list of what may reach the platform, and the life of each entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import IntegrityError, transaction

from config.lib import secrets
from config.lib.errors import InvalidInput
from devices.choices import AssetRole, AssetStatus
from devices.errors import AssetAlreadyDeclared, AssetInUse, AssetRetired
from devices.models import Asset, Device, Fleet, Gateway
from devices.services.claims import digest_of
from devices.services.credentials import end_credentials
from devices.signals import asset_activated, asset_declared, asset_retired, asset_suspended
from twin.choices import NodeKind
from twin.models import Node

MAX_BULK = 10_000
BULK_TRIES = 3


class Declared(NamedTuple):
    """A new asset and its claim code, which nobody can read again."""

    asset: Asset
    claim_code: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an organisation says of an asset before it reaches the platform."""

    fleet: Fleet
    manufacturer: str
    serial: str
    model: str = ""
    role: str = AssetRole.DEVICE

    @property
    def key(self) -> tuple[object, str, str]:
        """Return what may be declared once: organisation, manufacturer, serial."""
        return self.fleet.organisation_id, self.manufacturer, self.serial


def _new(declaration: Declaration) -> Declared:
    code = secrets.make_code()
    organisation_id = declaration.fleet.organisation_id
    asset = Asset(
        node=Node(kind=NodeKind.ASSET, organisation_id=organisation_id),
        organisation_id=organisation_id,
        fleet=declaration.fleet,
        role=declaration.role,
        manufacturer=declaration.manufacturer,
        model=declaration.model,
        serial=declaration.serial,
        claim_code_digest=digest_of(code),
    )
    return Declared(asset, code)


def _known_keys(declarations: Sequence[Declaration]) -> set[tuple[object, str, str]]:
    """Return which of these are declared already, asked for with one query."""
    rows = Asset.objects.filter(
        organisation__in={item.fleet.organisation_id for item in declarations},
        serial__in={item.serial for item in declarations},
    )
    return set(rows.values_list("organisation_id", "manufacturer", "serial"))


@transaction.atomic
def _store(made: Sequence[Declared]) -> None:
    Node.objects.bulk_create([item.asset.node for item in made], batch_size=2_000)
    Asset.objects.bulk_create([item.asset for item in made], batch_size=2_000)
    if made:
        asset_declared.send(sender=Asset, assets=[item.asset for item in made])


def declare_assets(declarations: Sequence[Declaration]) -> list[Declared | None]:
    """Declare many assets with a constant number of statements per thousand.

    Shape: one entry per declaration, in order; None where the serial was declared before, be it
    earlier or in this very batch. A race with another caller is tried again.
    """
    for last in (number == BULK_TRIES for number in range(1, BULK_TRIES + 1)):
        known = _known_keys(declarations)
        made: list[Declared | None] = []
        for declaration in declarations:
            made.append(None if declaration.key in known else _new(declaration))
            known.add(declaration.key)
        try:
            _store([item for item in made if item])
        except IntegrityError:
            if last:
                raise
        else:
            break
    return made


def declare_asset(declaration: Declaration) -> Declared:
    """Declare one asset.

    Raises: AssetAlreadyDeclared, if the organisation has this serial of this manufacturer.
    """
    (declared,) = declare_assets([declaration])
    if declared is None:
        raise AssetAlreadyDeclared(manufacturer=declaration.manufacturer, serial=declaration.serial)
    return declared


def _is_used(asset: Asset) -> bool:
    used = (kind.objects.filter(asset=asset).exists() for kind in (Device, Gateway))
    return any(used)


def _locked(asset: Asset) -> Asset:
    """Return the asset as it is now, locked; retirement is final.

    Raises: AssetRetired.
    """
    found = Asset.objects.select_for_update().get(pk=asset.pk)
    if found.status == AssetStatus.RETIRED:
        raise AssetRetired(asset=str(asset.pk))
    return found


def _set_status(asset: Asset, status: AssetStatus, *, reason: str) -> Asset:
    asset.status, asset.reason = status, reason
    asset.save(update_fields=["status", "reason", "updated_at"])
    return asset


@transaction.atomic
def suspend_asset(*, asset: Asset, reason: str = "") -> Asset:
    """Refuse the asset at every door until it is reactivated.

    Raises: AssetRetired.
    """
    asset = _locked(asset)
    if asset.status != AssetStatus.SUSPENDED:
        _set_status(asset, AssetStatus.SUSPENDED, reason=reason)
        asset_suspended.send(sender=Asset, assets=[asset])
    return asset


@transaction.atomic
def reactivate_asset(*, asset: Asset, reason: str = "") -> Asset:
    """Let a suspended asset back: active if it is in use, else declared.

    Raises: AssetRetired.
    """
    asset = _locked(asset)
    if asset.status == AssetStatus.SUSPENDED:
        back = AssetStatus.ACTIVE if _is_used(asset) else AssetStatus.DECLARED
        _set_status(asset, back, reason=reason)
        asset_activated.send(sender=Asset, assets=[asset])
    return asset


@transaction.atomic
def retire_asset(*, asset: Asset, reason: str = "") -> Asset:
    """End the asset's life, and the credentials of a gateway; what it measured is kept.

    Raises: AssetRetired, if it has ended before.
    """
    asset = _set_status(_locked(asset), AssetStatus.RETIRED, reason=reason)
    end_credentials(Gateway.objects.select_for_update().filter(asset=asset))
    asset_retired.send(sender=Asset, assets=[asset])
    return asset


@transaction.atomic
def issue_claim_code(*, asset: Asset) -> Declared:
    """Give the asset another claim code, which ends the one before, used or not.

    Raises: AssetRetired.
    """
    asset = _locked(asset)
    code = secrets.make_code()
    asset.claim_code_digest, asset.claimed_at = digest_of(code), None
    asset.save(update_fields=["claim_code_digest", "claimed_at", "updated_at"])
    return Declared(asset, code)


SET_STATUS = {
    AssetStatus.ACTIVE: reactivate_asset,
    AssetStatus.SUSPENDED: suspend_asset,
    AssetStatus.RETIRED: retire_asset,
}


@transaction.atomic
def change_asset(*, asset: Asset, fleet: Fleet | None = None, model: str | None = None) -> Asset:
    """Move the asset to another fleet of its organisation, or correct its model.

    Raises: InvalidInput, if the fleet is another organisation's.
    """
    asset = Asset.objects.select_for_update().get(pk=asset.pk)
    if fleet is not None and fleet.organisation_id != asset.organisation_id:
        raise InvalidInput([("#/fleet", "foreign", "The fleet belongs to another organisation.")])
    asset.fleet = fleet or asset.fleet
    asset.model = asset.model if model is None else model
    asset.full_clean()
    asset.save(update_fields=["fleet", "model", "updated_at"])
    Device.objects.filter(asset=asset).update(fleet=asset.fleet, updated_at=asset.updated_at)
    return asset


@transaction.atomic
def delete_asset(*, asset: Asset) -> None:
    """Take an unused asset off the list.

    Raises: AssetInUse, while a device or gateway came from it.
    """
    asset = Asset.objects.select_for_update().get(pk=asset.pk)
    if _is_used(asset):
        raise AssetInUse(asset=str(asset.pk))
    Node.objects.filter(pk=asset.pk).delete()
