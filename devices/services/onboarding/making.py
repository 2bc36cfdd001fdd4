"""Make what rows say, set-wise: each function takes the rows of one type whose parents exist."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from devices.choices import AssetRole
from devices.errors import AssetAlreadyDeclared
from devices.models import Asset
from devices.services.activation import Activation, activate_devices
from devices.services.assets import Declaration, Declared, declare_assets
from devices.services.gateways import create_gateway
from devices.services.onboarding.columns import Fault
from devices.services.onboarding.references import References
from devices.services.onboarding.sheet import SheetRow
from twin.models import Site
from twin.services.sites import build_site
from twin.services.space_creation import SpaceDraft, create_spaces

# What a column of the file is called where the platform names it.
SITE_FIELDS: Final = {"timezone": "time_zone"}


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a row: its node, what to mind, and a claim code that is shown once."""

    node: UUID
    warnings: list[dict[str, str]] = field(default_factory=list)
    claim_code: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one type, what they name, and whose file it is."""

    organisation: UUID
    rows: Sequence[SheetRow]
    references: References

    def half(self, *, second: bool) -> "Batch":
        """Return the first or the second half."""
        middle = len(self.rows) // 2
        rows = self.rows[middle:] if second else self.rows[:middle]
        return Batch(self.organisation, rows, self.references)


def make(batch: Batch) -> list[Made]:
    """Make the things of a batch, in the order of its rows; needs an open transaction.

    Raises: Fault and DomainError, without saying of which row.
    """
    return MAKERS[batch.rows[0].type](batch) if batch.rows else []


def _make_sites(batch: Batch) -> list[Made]:
    names = {row.values["name"] for row in batch.rows}
    there = Site.objects.filter(organisation=batch.organisation, name__in=names)
    taken = set(there.values_list("name", flat=True))
    made = []
    for row in batch.rows:
        fields = {SITE_FIELDS.get(name, name): value for name, value in row.values.items()}
        fields.pop("key", None)
        site, _ = build_site(organisation=batch.organisation, **fields)
        made.append(Made(site.pk, _taken_name(row) if site.name in taken else []))
    return made


def _taken_name(row: SheetRow) -> list[dict[str, str]]:
    detail = "Another site has this name. Was the file handed in before?"
    return [Fault("name", "name-taken", detail).as_json()]


def _make_spaces(batch: Batch) -> list[Made]:
    drafts = []
    for row in batch.rows:
        place = batch.references.place(row)
        if place.site is None:
            raise Fault("parent", "required", "Name the site or space that it stands in.")
        values = row.values
        draft = SpaceDraft(
            site=place.site,
            kind=values["kind"],
            name=values["name"],
            parent=place.space,
            properties=values.get("properties", {}),
        )
        drafts.append(draft)
    return [Made(space.pk) for space in create_spaces(drafts)]


def _role(row: SheetRow) -> str:
    """Return what the row's asset is declared to be."""
    default = AssetRole.GATEWAY if row.type == "gateway" else AssetRole.DEVICE
    return str(row.values.get("role", default))


def _declaration(row: SheetRow, *, batch: Batch) -> Declaration:
    return Declaration(
        fleet=batch.references.fleet(row),
        manufacturer=row.values["manufacturer"],
        serial=row.values["serial"],
        model=row.values.get("model", ""),
        role=_role(row),
    )


def _declare(batch: Batch) -> list[Declared]:
    """Declare the assets of the rows; one that was declared before is taken as it is."""
    known = batch.references.assets
    wanted = [_declaration(row, batch=batch) for row in batch.rows]
    keys = [(item.manufacturer, item.serial) for item in wanted]
    fresh = [item for item, key in zip(wanted, keys, strict=True) if key not in known]
    declared = iter(declare_assets(fresh))
    found = [Declared(known[key], "") if key in known else next(declared) for key in keys]
    for item, one in zip(wanted, found, strict=True):
        if one is None:
            raise AssetAlreadyDeclared(manufacturer=item.manufacturer, serial=item.serial)
    return [one for one in found if one]


def _make_assets(batch: Batch) -> list[Made]:
    for row in batch.rows:
        if (row.values["manufacturer"], row.values["serial"]) in batch.references.assets:
            raise Fault("serial", "already-declared", "This asset is declared already.")
    return [Made(asset.pk, claim_code=code) for asset, code in _declare(batch)]


def _make_gateways(batch: Batch) -> list[Made]:
    made = []
    for row, declared in zip(batch.rows, _declare(batch), strict=True):
        place = batch.references.place(row)
        gateway = create_gateway(
            asset=declared.asset,
            name=row.values.get("name", ""),
            site=place.site,
            space=place.space,
        )
        made.append(Made(gateway.pk, claim_code=declared.claim_code or None))
    return made


def _make_devices(batch: Batch) -> list[Made]:
    declared = _declare(batch)
    activations = [
        _activation(row, asset=one.asset, references=batch.references)
        for row, one in zip(batch.rows, declared, strict=True)
    ]
    return [Made(device.pk) for device in activate_devices(activations)]


def _activation(row: SheetRow, *, asset: Asset, references: References) -> Activation:
    place = references.place(row)
    return Activation(
        asset=asset,
        type=references.device_type(row),
        site=place.site,
        space=place.space,
        gateway=references.gateway(row),
        name=row.values.get("name", ""),
        tags=row.values.get("tags", {}),
    )


MAKERS: Final[Mapping[str, Callable[[Batch], list[Any]]]] = {
    "site": _make_sites,
    "space": _make_spaces,
    "gateway": _make_gateways,
    "asset": _make_assets,
    "device": _make_devices,
}
