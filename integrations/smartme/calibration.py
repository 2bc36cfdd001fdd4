"""Values by OBIS code, as history and realtime posts carry them, and the unit each meter means.

smart-me says nowhere for sure in which unit such a counter counts: Wh is likely, mWh is printed.
So each meter is asked once in both ways, and the factor is taken from what it says; a factor that
fits neither is refused, and nothing of that quantity is recorded.
Source: docs/integrations/smart-me.md, "Units of OBIS values".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from devices.models import Point
from integrations.models import MeterLink

from . import values
from .client import SmartMeClient
from .mapping import CloudMeter, MeterReading, read_device
from .units import Dimension
from .values import Unusable

# Two answers a moment apart: a counter hardly moves meanwhile, a wrong unit is a factor of 1000.
TOLERANCE: Final = 0.05
# Below this (kWh or m3) rounding hides the factor.
LEAST: Final = 0.05
# What a counter may be counted in, with the factor to the unit of our point.
CANDIDATES: Final[Mapping[Dimension, Mapping[str, Decimal]]] = {
    Dimension.ENERGY: {"Wh": Decimal("0.001"), "mWh": Decimal("0.000001")},
    Dimension.VOLUME: {"m3": Decimal(1), "l": Decimal("0.001")},
}
COUNTED: Final = {dimension.value: dimension for dimension in CANDIDATES}


@dataclass(frozen=True)
class ObisPoint:
    """What a code is on our side; ``dimension`` is set where the unit must be calibrated."""

    key: str
    dimension: Dimension | None


@dataclass(frozen=True)
class Calibration:
    """What a quantity of a meter is counted in, and the evidence.

    ``unit`` is empty when it could not be told: ``reason`` says why.
    """

    unit: str
    code: str
    value: float
    counter: float
    at: str
    reason: str = ""

    @property
    def factor(self) -> Decimal | None:
        """Return the factor to the unit of our point."""
        known = (units.get(self.unit) for units in CANDIDATES.values())
        return next((factor for factor in known if factor is not None), None)


Codes = Mapping[str, ObisPoint]


def codes_of(device_ids: Iterable[UUID]) -> dict[UUID, dict[str, ObisPoint]]:
    """Return for each device which code is which of its points, in one query."""
    rows = Point.objects.filter(device__in=set(device_ids)).exclude(type__obis="")
    found: dict[UUID, dict[str, ObisPoint]] = {}
    for device, code, key, unit in rows.values_list(
        "device", "type__obis", "type__key", "type__unit"
    ):
        found.setdefault(device, {})[code] = ObisPoint(key, COUNTED.get(unit))
    return found


def read_values(raw: Any) -> dict[str, float]:
    """Return the values of a ValuesData by their codes; what cannot be read is left out."""
    found: dict[str, float] = {}
    for entry in raw if isinstance(raw, list) else []:
        named = {str(k).lower(): v for k, v in entry.items()} if isinstance(entry, dict) else {}
        try:
            found[str(named["obis"])] = values.number(named.get("value", 0.0))
        except (KeyError, Unusable):
            continue
    return found


def calibrate(
    codes: Codes, *, said: Mapping[str, float], meter: CloudMeter
) -> dict[str, Calibration]:
    """Compare what a meter says by OBIS code with what it says in its own units.

    Shape: by dimension ("energy", "volume"); one of which either answer says nothing is absent.
    """
    shown = {reading.point: reading for reading in meter.readings}
    best: dict[str, Calibration] = {}
    for code, point in codes.items():
        reading = shown.get(point.key)
        if point.dimension is None or code not in said or reading is None:
            continue
        found = _compared(code, said[code], reading=reading, dimension=point.dimension)
        known = best.get(point.dimension.label)
        # The largest counter tells the most.
        if known is None or found.counter > known.counter:
            best[point.dimension.label] = found
    return best


def _compared(
    code: str, value: float, *, reading: MeterReading, dimension: Dimension
) -> Calibration:
    counter, at = reading.value, reading.time.isoformat()
    evidence: dict[str, Any] = {"code": code, "value": value, "counter": counter, "at": at}
    if counter < LEAST:
        return Calibration(unit="", reason="The counter is too small to tell its unit.", **evidence)
    for unit, factor in CANDIDATES[dimension].items():
        if abs(value * float(factor) - counter) <= TOLERANCE * counter:
            return Calibration(unit=unit, **evidence)
    names = " nor ".join(CANDIDATES[dimension])
    reason = f"{value:g} is {counter:g} {dimension.value} neither in {names}."
    return Calibration(unit="", reason=reason, **evidence)


def in_our_unit(
    point: ObisPoint, value: float, *, calibrations: Mapping[str, Calibration]
) -> float | None:
    """Return the value in the unit of the point; None while its unit is not known.

    Zero is zero in every unit.
    """
    if point.dimension is None or value == 0.0:
        return value
    known = calibrations.get(point.dimension.label)
    factor = known.factor if known else None
    return None if factor is None else float(Decimal(repr(value)) * factor)


def known_calibrations(link: MeterLink) -> dict[str, Calibration]:
    """Return what is known of a meter, by dimension."""
    return {name: Calibration(**given) for name, given in link.calibrations.items()}


def calibrated(client: SmartMeClient, link: MeterLink, codes: Codes) -> dict[str, Calibration]:
    """Return what the meter's counters are counted in, asking the cloud where it is not known.

    Raises: CloudFault.
    """
    known = known_calibrations(link)
    wanted = {point.dimension.label for point in codes.values() if point.dimension}
    if all(name in known and known[name].factor for name in wanted):
        return known
    said = read_values(client.values(str(link.meter_id)))
    try:
        meter = read_device(client.device(str(link.meter_id)))
    except Unusable:
        return known
    found = {**known, **calibrate(codes, said=said, meter=meter)}
    keep_calibrations(link, found)
    return found


def keep_calibrations(link: MeterLink, found: Mapping[str, Calibration]) -> None:
    """Write down what was found, with the evidence."""
    link.calibrations = {name: asdict(one) for name, one in found.items()}
    rows = MeterLink.objects.filter(pk=link.pk)
    rows.update(calibrations=link.calibrations, updated_at=timezone.now())
