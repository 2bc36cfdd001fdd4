"""The unit spellings of the smart-me cloud, and how each becomes one of ours.

An unknown spelling has no row and is refused: a guessed factor is worse than a missing value.
Source: docs/integrations/smart-me.md, "Units".
"""

from __future__ import annotations

from dataclasses import dataclass
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
    factor: float


# Spelled exactly: in a unit the case of a letter can be a factor of a thousand million.
UNITS: dict[str, Unit] = {
    "W": Unit(Dimension.POWER, 1.0),
    "kW": Unit(Dimension.POWER, 1000.0),
    "MW": Unit(Dimension.POWER, 1_000_000.0),
    "Wh": Unit(Dimension.ENERGY, 0.001),
    "kWh": Unit(Dimension.ENERGY, 1.0),
    "MWh": Unit(Dimension.ENERGY, 1000.0),
    "GWh": Unit(Dimension.ENERGY, 1_000_000.0),
    "m3": Unit(Dimension.VOLUME, 1.0),
    "m³": Unit(Dimension.VOLUME, 1.0),
    "l": Unit(Dimension.VOLUME, 0.001),
    "L": Unit(Dimension.VOLUME, 0.001),
    "m3/h": Unit(Dimension.FLOW, 1.0),
    "m³/h": Unit(Dimension.FLOW, 1.0),
    "l/h": Unit(Dimension.FLOW, 0.001),
    "L/h": Unit(Dimension.FLOW, 0.001),
}
UNIT_OF_FLOW_RATE = UNITS["m3/h"]
UNIT_OF_ALLOCATION = Unit(Dimension.COUNT, 1.0)


def unit_named(spelling: str) -> Unit | None:
    """Return the unit with this spelling, or None when there is no such row."""
    return UNITS.get(spelling.strip())


def converted(value: float, unit: Unit) -> float:
    """Return the value in our unit, without binary noise."""
    return tidied(value * unit.factor)


def tidied(value: float) -> float:
    """Return the number to twelve digits: more than any meter has, fewer than noise touches.

    The cloud tells the same reading in kW here and in W there; both must become one number.
    """
    return float(f"{value:.12g}")
