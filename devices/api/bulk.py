"""``assets/bulk/``: thousands of items, each checked by hand, since serializers would take long."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.parsers import BaseParser

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from config.lib.csv_rows import read_rows
from config.lib.errors import RoleMissing
from config.lib.parsers import read_body
from devices.choices import AssetRole
from devices.errors import BatchTooLarge
from devices.models import Fleet
from devices.services.assets import MAX_BULK, Declaration, Declared
from devices.services.recording.items import Rejected, Rejection

FIELDS = {"fleet", "role", "manufacturer", "model", "serial"}
MAX_LENGTH = 200
DUPLICATE = "This serial of this manufacturer is declared already."


class AssetsCSVParser(BaseParser):
    """``text/csv`` with a header: manufacturer, serial and perhaps model, role, fleet."""

    media_type = "text/csv"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the same as the JSON body would be; an empty cell is left out."""
        rows = read_rows(
            read_body(stream), columns=sorted(FIELDS), needed=("manufacturer", "serial")
        )
        return {
            "assets": [row and {name: cell for name, cell in row.items() if cell} for row in rows]
        }


@dataclass(frozen=True, slots=True)
class BulkBatch:
    """The items that may be declared, by index, and why the others may not."""

    accepted: dict[int, Declaration] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)

    def report(self, declared: Sequence[Declared | None]) -> dict[str, Any]:
        """Return what became of each item."""
        results, rejected = [], list(self.rejected)
        for index, made in zip(self.accepted, declared, strict=True):
            if made is None:
                rejected.append(Rejection(index, "already-declared", DUPLICATE))
            else:
                asset, code = made
                shown = {"id": str(asset.pk), "serial": asset.serial, "claim_code": code}
                results.append({"index": index, **shown})
        refused = [asdict(rejection) for rejection in sorted(rejected)]
        return {"accepted": len(results), "results": results, "rejected": refused}


def _text(item: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    value = item.get(name, "")
    if not isinstance(value, str):
        raise Rejected("not_text", f"Send {name} as text, in quotes.")
    if any(char < " " for char in value):
        raise Rejected("control", f"Control characters are not allowed in {name}.")
    if required and not value.strip():
        raise Rejected("required", f"Missing: {name}.")
    if len(value) > MAX_LENGTH:
        raise Rejected("max_length", f"{name} has at most {MAX_LENGTH} characters.")
    return value


def _declaration(item: Any, *, fleets: Mapping[str, Fleet], fleet: UUID | None) -> Declaration:
    if not isinstance(item, Mapping):
        raise Rejected("invalid", "An asset is an object with manufacturer and serial.")
    if unknown := sorted(str(name) for name in set(item) - FIELDS):
        raise Rejected("unknown", f"There is no such field: {', '.join(unknown)}.")
    role = item.get("role", AssetRole.DEVICE.value)
    if role not in AssetRole.values:
        raise Rejected("invalid_choice", f"The role is one of {', '.join(AssetRole.values)}.")
    found = fleets.get(str(item.get("fleet") or fleet).lower())
    if found is None:
        raise Rejected("unknown-fleet", "There is no such fleet for you.")
    return Declaration(
        fleet=found,
        role=role,
        manufacturer=_text(item, "manufacturer").strip(),
        model=_text(item, "model", required=False).strip(),
        serial=_text(item, "serial"),
    )


def _fleets(principal: Principal) -> dict[str, Fleet]:
    """Return the fleets that the caller may fill.

    Raises: RoleMissing, if their role is too low everywhere.
    """
    if not principal.organisations(OrganisationRole.OPERATOR):
        raise RoleMissing(role=OrganisationRole.OPERATOR.value)
    return {str(fleet.pk): fleet for fleet in Fleet.objects.changeable_by(principal)}


def read_declarations(
    items: Sequence[Any], *, fleet: UUID | None, principal: Principal
) -> BulkBatch:
    """Return the items as declarations; ``fleet`` is for those that name none.

    Raises: BatchTooLarge; RoleMissing.
    """
    if len(items) > MAX_BULK:
        raise BatchTooLarge(given=len(items), limit=MAX_BULK)
    fleets, batch = _fleets(principal), BulkBatch()
    for index, item in enumerate(items):
        try:
            batch.accepted[index] = _declaration(item, fleets=fleets, fleet=fleet)
        except Rejected as fault:
            batch.rejected.append(Rejection(index, fault.code, fault.detail))
    return batch
