"""In which unit the counters of a meter count by OBIS code: compared once, kept with the evidence.

smart-me says so nowhere for sure: Wh is likely, mWh is printed. So what a meter says by code is
compared with what it shows in its own unit; what fits neither is refused, and nothing of that
quantity is recorded. Source: docs/integrations/smart-me.md, "Units of OBIS values".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from devices.models import Point
from integrations.models import MeterLink

from . import values
from .client import SmartMeClient
from .mapping import MeterReading, read_device
from .obis import Untold, code_bytes, code_text, mapped
from .units import Dimension
from .values import Unusable

# Two answers are moments apart: a counter hardly moves meanwhile, a wrong unit is a factor of 1000.
TOLERANCE: Final = 0.05
# Below this (kWh or m3) rounding hides the factor.
LEAST: Final = 0.05
# What a counter may count in, with the factor to the unit of our point.
CANDIDATES: Final[Mapping[Dimension, Mapping[str, float]]] = {
    Dimension.ENERGY: {"Wh": 1e-3, "mWh": 1e-6},
    Dimension.VOLUME: {"m3": 1.0, "l": 1e-3},
}


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


Calibrations = Mapping[Dimension, Calibration]


def compared(untold: Untold, *, counter: float, at: datetime) -> Calibration:
    """Compare a counter of unknown unit with what the meter shows in the unit of our point."""
    code, value = code_text(untold.code), untold.value
    evidence: dict[str, Any] = {"code": code, "value": value, "counter": counter}
    evidence["at"] = at.isoformat()
    if counter < LEAST:
        return Calibration(unit="", reason="The counter is too small to tell its unit.", **evidence)
    for unit, factor in CANDIDATES[untold.counts].items():
        if abs(value * factor - counter) <= TOLERANCE * counter:
            return Calibration(unit=unit, **evidence)
    names = " nor ".join(CANDIDATES[untold.counts])
    reason = f"{code} is {value:g} at {counter:g} {untold.counts}: neither in {names}."
    return Calibration(unit="", reason=reason, **evidence)


def calibrations_in(kept: Mapping[str, Any]) -> dict[Dimension, Calibration]:
    """Return what is kept on a meter."""
    return {Dimension[name.upper()]: Calibration(**given) for name, given in kept.items()}


def factors_of(calibrations: Calibrations) -> dict[Dimension, float]:
    """Return the factors to our units, of what could be told."""
    found = {name: CANDIDATES[name].get(one.unit) for name, one in calibrations.items()}
    return {name: factor for name, factor in found.items() if factor is not None}


def keep_calibrations(link: UUID, found: Calibrations) -> None:
    """Write down what was found, with the evidence."""
    kept = {name.name.lower(): asdict(one) for name, one in found.items()}
    MeterLink.objects.filter(pk=link).update(calibrations=kept, updated_at=timezone.now())


def calibrated(client: SmartMeClient, link: MeterLink) -> dict[Dimension, Calibration]:
    """Return what the meter's counters count in, asking the cloud where it is not known.

    Raises: CloudFault.
    """
    known = calibrations_in(link.calibrations)
    points = set(Point.objects.filter(device=link.device_id).values_list("type__key", flat=True))
    said = read_values(client.values(str(link.meter_id)))
    untold = mapped(said.items(), points, factors=factors_of(known)).untold
    if not untold:
        return known
    shown = _shown(client, link)
    # The largest counter tells the most, so it comes last.
    for one in sorted(untold, key=lambda one: abs(one.value)):
        reading = shown.get(one.point)
        if reading is not None:
            known[one.counts] = compared(one, counter=reading.value, at=reading.time)
        else:
            known.setdefault(one.counts, _incomparable(one))
    keep_calibrations(link.pk, known)
    return known


def _shown(client: SmartMeClient, link: MeterLink) -> dict[str, MeterReading]:
    """Return what the meter shows in units of its own, by point."""
    try:
        meter = read_device(client.device(str(link.meter_id)))
    except Unusable:
        return {}
    return {reading.point: reading for reading in meter.readings}


def _incomparable(untold: Untold) -> Calibration:
    code = code_text(untold.code)
    reason = f"The meter says {code}, and shows no counter in a unit of its own to compare it with."
    at = timezone.now().isoformat()
    return Calibration(unit="", code=code, value=untold.value, counter=0.0, at=at, reason=reason)


def read_values(raw: Any) -> dict[bytes, float]:
    """Return the values of a ValuesData by their codes; what cannot be read is left out."""
    found: dict[bytes, float] = {}
    for entry in raw if isinstance(raw, list) else []:
        named = {str(k).lower(): v for k, v in entry.items()} if isinstance(entry, dict) else {}
        try:
            found[code_bytes(str(named["obis"]))] = values.number(named.get("value", 0.0))
        except (KeyError, ValueError, Unusable):
            continue
    return found
