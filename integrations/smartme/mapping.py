"""What the smart-me cloud says about its devices, in our words: pure, by table, never failing.

A bad member costs the readings that need it; a bad entry costs that entry. Nothing is guessed:
an absent value is absent, never zero. Source: docs/integrations/smart-me.md, "Values".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from math import isfinite
from typing import Any, NamedTuple, TypeVar

from . import values
from .members import (
    FIXED_MEMBERS,
    QUANTITY_MEMBERS,
    FixedMember,
    Medium,
    QuantityMember,
    medium_of,
    point_of,
)
from .units import UNIT_OF_ALLOCATION, Unit, converted, unit_named
from .values import Unusable, shown
from .vocabulary import (
    ChargingState,
    EnergyType,
    Family,
    SubType,
    device_type_of,
    is_gateway,
    is_known,
)

_T = TypeVar("_T")
_D = TypeVar("_D")
_Row = TypeVar("_Row", QuantityMember, FixedMember)


class MeterReading(NamedTuple):
    """One value of one point, in the unit of that point."""

    point: str
    time: datetime
    value: float


@dataclass(frozen=True)
class Issue:
    """What could not be taken over, and why."""

    member: str
    code: str
    detail: str


@dataclass(frozen=True)
class CloudMeter:
    """One device of the account as we understand it."""

    id: str
    serial: str
    name: str
    is_gateway: bool
    device_type: str
    energy_type: int
    sub_type: int
    family: int
    value_time: datetime | None
    readings: tuple[MeterReading, ...]
    issues: tuple[Issue, ...]


@dataclass
class _Entry:
    """One entry of the list while it is being read."""

    members: dict[str, Any]
    issues: list[Issue] = field(default_factory=list)

    def has(self, member: str) -> bool:
        return self.members.get(member.lower()) is not None

    def get(self, member: str, read: Callable[[Any], _T], *, otherwise: _D) -> _T | _D:
        """Return the member as read, or the other value when it is absent or unusable."""
        if not self.has(member):
            return otherwise
        try:
            return read(self.members[member.lower()])
        except Unusable as reason:
            self.report(member, reason.code, reason.detail)
            return otherwise

    def present(self, rows: Iterable[_Row]) -> list[tuple[_Row, Any]]:
        """Return the rows whose member is there, each with what it holds."""
        given = self.members.get
        return [(row, value) for row in rows if (value := given(row.name)) is not None]

    def report(self, member: str, code: str, detail: str) -> None:
        self.issues.append(Issue(member, code, detail))


def read_devices(entries: list[Any]) -> tuple[list[CloudMeter], list[Issue]]:
    """Read the answer to "all devices": the meters, and what is wrong with whole entries.

    Shape: meters in the order of the answer; of two entries with one id the first counts.
    """
    meters: dict[str, CloudMeter] = {}
    issues: list[Issue] = []
    for index, raw in enumerate(entries):
        try:
            meter = read_device(raw)
            if meter.id in meters:
                raise Unusable("id-repeated", f"{meter.id} came twice.")
        except Unusable as reason:
            issues.append(Issue(f"[{index}]", reason.code, reason.detail))
        else:
            meters[meter.id] = meter
    return list(meters.values()), issues


def read_device(raw: Any) -> CloudMeter:
    """Read one device.

    Raises: Unusable, when the entry is no object or has no id to know it by.
    """
    if not isinstance(raw, dict):
        raise Unusable("not-an-object", f"{shown(raw)} is not a device.")
    entry = _Entry({str(key).lower(): value for key, value in raw.items()})
    meter_id = values.identifier(entry.members.get("id"))
    energy = _kind(entry, "DeviceEnergyType", words=EnergyType)
    sub_type = _kind(entry, "MeterSubType", words=SubType)
    family = _kind(entry, "FamilyType", words=Family)
    gateway = is_gateway(energy=energy, family=family)
    medium = medium_of(energy=energy, sub_type=sub_type, family=family)
    time = entry.get("ValueDate", values.moment, otherwise=None)
    readings = () if gateway else _readings(entry, medium=medium, time=time)
    return CloudMeter(
        id=meter_id,
        serial=entry.get("Serial", values.serial, otherwise=""),
        name=entry.get("Name", values.name, otherwise=""),
        is_gateway=gateway,
        device_type=device_type_of(energy=energy, sub_type=sub_type, family=family),
        energy_type=energy,
        sub_type=sub_type,
        family=family,
        value_time=time,
        readings=readings,
        issues=tuple(entry.issues),
    )


def _kind(entry: _Entry, member: str, *, words: type[IntEnum]) -> int:
    number = entry.get(member, values.whole, otherwise=0)
    if not is_known(words, number):
        entry.report(member, "kind-unknown", f"{number} is not a known {member}.")
    return number


def _readings(entry: _Entry, *, medium: Medium, time: datetime | None) -> tuple[MeterReading, ...]:
    # A dict, so that the better of two members for one point, which comes later, wins.
    found: dict[str, float] = {}
    for row, given in entry.present(QUANTITY_MEMBERS):
        _read_quantity(entry, row, given, medium=medium, into=found)
    for fixed, given in entry.present(FIXED_MEMBERS):
        if fixed.medium in (None, medium):
            _read_fixed(entry, fixed, given, into=found)
    if time is None:
        if found and not entry.has("ValueDate"):
            entry.report("ValueDate", "time-missing", "Values without a time are not recorded.")
        return ()
    return tuple([MeterReading(point, time, value) for point, value in found.items()])


def _read_quantity(
    entry: _Entry, row: QuantityMember, given: Any, *, medium: Medium, into: dict[str, float]
) -> None:
    try:
        value = values.number(given)
    except Unusable as reason:
        entry.report(row.member, reason.code, reason.detail)
        return
    points = point_of(medium, row.role)
    unit = _unit(entry, row, medium=medium) if points else None
    if unit is None:
        return
    point = points.get(unit.dimension)
    if point is None:
        entry.report(row.member, "unit-mismatch", f"{unit.dimension} does not fit {medium}.")
    elif isfinite(value := converted(value, unit)):
        into[point] = value
    else:
        entry.report(row.member, "not-finite", "The number is not finite.")


def _unit(entry: _Entry, row: QuantityMember, *, medium: Medium) -> Unit | None:
    if row.fixed_unit is not None:
        return row.fixed_unit
    spelling = entry.members.get(row.unit_member.lower())
    if spelling in (None, "") and medium is Medium.ALLOCATION:
        return UNIT_OF_ALLOCATION
    unit = unit_named(spelling) if isinstance(spelling, str) else None
    if unit is None:
        code = "unit-missing" if spelling is None else "unit-unknown"
        entry.report(row.member, code, f"{row.unit_member} is {shown(spelling)}.")
    return unit


def _read_fixed(entry: _Entry, row: FixedMember, given: Any, *, into: dict[str, float]) -> None:
    try:
        value = row.read(given)
    except Unusable as reason:
        entry.report(row.member, reason.code, reason.detail)
        return
    if row.point == "charging_state" and not is_known(ChargingState, int(value)):
        entry.report(row.member, "kind-unknown", f"{value:g} is not a known {row.member}.")
    into[row.point] = float(value)
