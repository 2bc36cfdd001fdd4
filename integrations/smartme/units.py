"""The unit spellings of the smart-me cloud, and how each becomes one of ours.

An unknown spelling has no row and is refused: a guessed factor is worse than a missing value.
Source: docs/integrations/smart-me.md, "Units".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Dimension(StrEnum):
    """What kind of quantity a unit measures; each has exactly one unit on our side."""

    POWER = "W"
    ENERGY = "kW.h"
    VOLUME = "m3"
    FLOW = "m3/h"
    COUNT = "1"


@dataclass(frozen=True)
class Unit:
    """One spelling: its dimension, and the factor to the unit of that dimension."""

    dimension: Dimension
    factor: Decimal


def _unit(dimension: Dimension, factor: str) -> Unit:
    return Unit(dimension, Decimal(factor))


# Spelled exactly: in a unit the case of a letter can be a factor of a thousand million.
UNITS: dict[str, Unit] = {
    "W": _unit(Dimension.POWER, "1"),
    "kW": _unit(Dimension.POWER, "1000"),
    "MW": _unit(Dimension.POWER, "1000000"),
    "Wh": _unit(Dimension.ENERGY, "0.001"),
    "kWh": _unit(Dimension.ENERGY, "1"),
    "MWh": _unit(Dimension.ENERGY, "1000"),
    "GWh": _unit(Dimension.ENERGY, "1000000"),
    "m3": _unit(Dimension.VOLUME, "1"),
    "m³": _unit(Dimension.VOLUME, "1"),
    "l": _unit(Dimension.VOLUME, "0.001"),
    "L": _unit(Dimension.VOLUME, "0.001"),
    "m3/h": _unit(Dimension.FLOW, "1"),
    "m³/h": _unit(Dimension.FLOW, "1"),
    "l/h": _unit(Dimension.FLOW, "0.001"),
    "L/h": _unit(Dimension.FLOW, "0.001"),
}
UNIT_OF_FLOW_RATE = UNITS["m3/h"]
UNIT_OF_ALLOCATION = _unit(Dimension.COUNT, "1")


def unit_named(spelling: str) -> Unit | None:
    """Return the unit with this spelling, or None when there is no such row."""
    return UNITS.get(spelling.strip())


def converted(value: float, unit: Unit) -> float:
    """Return the value in our unit, without binary noise."""
    return tidied(float(Decimal(repr(value)) * unit.factor))


def tidied(value: float) -> float:
    """Return the number to twelve digits: more than any meter has, fewer than noise touches.

    The cloud tells the same reading in kW here and in W there; both must become one number.
    """
    return float(f"{value:.12g}")
