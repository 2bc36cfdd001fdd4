"""A file's rows, read and put into the order in which they can be made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from devices.services.onboarding.columns import COLUMNS, FAMILIES, TYPES, Fault

MAX_DEPTH = 40
FIRST_PHASES = {"site": 0, "space": 1}
# Spaces take a phase for each level; what stands in them follows.
LATER_PHASES = {"gateway": 100, "asset": 101, "device": 102}


class RawRow(NamedTuple):
    """A row as it stands in a file: the sheet of a workbook, its number, what it says by column."""

    sheet: str
    number: int
    given: Mapping[str, Any]


@dataclass(slots=True)
class SheetRow:
    """A row of a file, read: what it says by column, and what is wrong with it."""

    type: str
    values: dict[str, Any]
    id: int = 0
    sheet: str = ""
    number: int = 0
    phase: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return the name by which others of the file call it; empty for most."""
        return str(self.values.get("key", ""))

    @property
    def parent(self) -> str:
        """Return what it stands in; empty if nowhere."""
        return str(self.values.get("parent", ""))


def read_rows(raw: Sequence[RawRow]) -> list[SheetRow]:
    """Return the rows with their values checked one by one, and each with its phase."""
    rows = [_read_row(one) for one in raw]
    _check_keys(rows)
    _set_phases(rows)
    return rows


def _read_row(raw: RawRow) -> SheetRow:
    kind = str(raw.given.get("type", "")).strip().lower()
    row = SheetRow(kind, {}, sheet=raw.sheet, number=raw.number)
    if kind not in TYPES:
        row.faults.append(Fault("type", "invalid_choice", f"One of: {', '.join(TYPES)}."))
        return row
    for column, value in raw.given.items():
        if column != "type" and value not in (None, ""):
            _read_value(row, column, value=value)
    for column, meaning in COLUMNS[kind].items():
        if meaning.is_required and column not in row.values:
            row.faults.append(Fault(column, "required", f"Missing. {meaning.help}."))
    return row


def _read_value(row: SheetRow, column: str, *, value: Any) -> None:
    family, _, name = column.partition(".")
    try:
        if column in COLUMNS[row.type]:
            row.values[column] = COLUMNS[row.type][column].convert(column, value)
        elif family in FAMILIES.get(row.type, {}):
            row.values.setdefault(family, {}).update(_members(family, name, value))
        else:
            raise Fault(column, "unknown", f"A {row.type} has no {column}.")
    except Fault as fault:
        row.faults.append(fault)


def _members(family: str, name: str, value: Any) -> dict[str, Any]:
    """Return what a column of a family adds; only tags and addresses are never read as JSON."""
    if not name:
        if not isinstance(value, Mapping):
            raise Fault(family, "not_an_object", f"Use a column for each: {family}.NAME.")
        return dict(value)
    if family in {"tags", "address"}:
        return {name: str(value)}
    try:
        return {name: orjson.loads(value) if isinstance(value, str) else value}
    except orjson.JSONDecodeError:
        return {name: value}


def _check_keys(rows: Sequence[SheetRow]) -> None:
    """Refuse keys that come twice."""
    seen: dict[str, SheetRow] = {}
    for row in rows:
        first = seen.setdefault(row.key, row) if row.key else row
        if first is not row:
            detail = f"Row {first.number} has the same key. Keys are unique in a file."
            row.faults.append(Fault("key", "duplicate", detail))


def _set_phases(rows: Sequence[SheetRow]) -> None:
    """Order the work: sites, spaces level by level, gateways, assets, devices."""
    spaces = {row.key: row for row in rows if row.type == "space" and row.key}
    for row in rows:
        if row.type == "space":
            row.phase = FIRST_PHASES["space"] + len(list(_above(row, spaces)))
        else:
            row.phase = LATER_PHASES.get(row.type, 0)


def _above(row: SheetRow, spaces: Mapping[str, SheetRow]) -> Iterator[SheetRow]:
    """Yield the spaces of the file in which a space stands; a circle is a fault of the row."""
    seen = {row.key}
    above = spaces.get(row.parent)
    while above is not None:
        if above.key in seen or len(seen) > MAX_DEPTH:
            detail = "The row stands inside itself, or too deep. Follow the parents."
            row.faults.append(Fault("parent", "inside-itself", detail))
            return
        seen.add(above.key)
        yield above
        above = spaces.get(above.parent)
