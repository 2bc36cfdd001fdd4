"""What the smart-me cloud says about its devices, in our words: pure, by table, never failing.

A bad member costs the readings that need it; a bad entry costs that entry. Nothing is guessed:
an absent value is absent, never zero. Source: docs/integrations/smart-me.md, "Values".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, TypeVar

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


@dataclass(frozen=True)
class MeterReading:
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
    found = dict(_values(entry, medium))
    if found and time is None:
        if not entry.has("ValueDate"):
            entry.report("ValueDate", "time-missing", "Values without a time are not recorded.")
        return ()
    return tuple(
        MeterReading(point, time, value) for point, value in found.items() if time is not None
    )


def _values(entry: _Entry, medium: Medium) -> Iterator[tuple[str, float]]:
    for row in QUANTITY_MEMBERS:
        yield from _quantity(entry, row, medium=medium)
    for fixed in FIXED_MEMBERS:
        yield from _fixed(entry, fixed, medium=medium)


def _quantity(entry: _Entry, row: QuantityMember, *, medium: Medium) -> Iterator[tuple[str, float]]:
    value = entry.get(row.member, values.number, otherwise=None)
    if value is None or not point_of(medium, row.role):
        return
    unit = _unit(entry, row, medium=medium)
    if unit is None:
        return
    point = point_of(medium, row.role).get(unit.dimension)
    if point is None:
        entry.report(row.member, "unit-mismatch", f"{unit.dimension} does not fit {medium}.")
    else:
        yield from _finite(entry, member=row.member, point=point, value=converted(value, unit))


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


def _finite(entry: _Entry, *, member: str, point: str, value: float) -> Iterator[tuple[str, float]]:
    try:
        yield point, values.number(value)
    except Unusable as reason:
        entry.report(member, reason.code, reason.detail)


def _fixed(entry: _Entry, row: FixedMember, *, medium: Medium) -> Iterator[tuple[str, float]]:
    if row.medium not in (None, medium):
        return
    value = entry.get(row.member, row.read, otherwise=None)
    if value is None:
        return
    if row.point == "charging_state" and not is_known(ChargingState, int(value)):
        entry.report(row.member, "kind-unknown", f"{value:g} is not a known {row.member}.")
    yield row.point, float(value)
