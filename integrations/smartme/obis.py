"""OBIS codes as the cloud writes them, and which point each becomes: pure, by table.

Codes come with values in base units (W, V, A), unlike the members of a device. In which unit a
counter counts is known for sure of no meter: that is calibrated for each. A code without a row is
left out: nothing is guessed. Source: docs/integrations/smart-me.md, "OBIS codes".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .units import Dimension, tidied


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says: one of these points, the first that the device has.

    ``counts`` is set for a counter: its unit is to be calibrated. Of two codes for one point that
    of the higher rank counts.
    """

    points: tuple[str, ...]
    counts: Dimension | None = None
    rank: int = 0


class Untold(NamedTuple):
    """A counter in a unit that is not known yet."""

    code: bytes
    point: str
    counts: Dimension
    value: float


@dataclass(slots=True)
class Mapped:
    """The values of a report by point, in the unit of the point; and those that are none yet."""

    values: dict[str, float] = field(default_factory=dict)
    untold: list[Untold] = field(default_factory=list)
    unmapped: int = 0


def code_text(code: bytes) -> str:
    """Return the code as it is written: ``1-0:1.8.0*255``."""
    return "{}-{}:{}.{}.{}*{}".format(*code)


def code_bytes(text: str) -> bytes:
    """Return the six bytes of a code such as ``1-0:1.8.0*255``."""
    medium, rest = text.split("-")
    channel, rest = rest.split(":")
    groups, storage = rest.split("*")
    return bytes(map(int, (medium, channel, *groups.split("."), storage)))


def _energy(*points: str) -> Meaning:
    return Meaning(points, Dimension.ENERGY)


def _volume(*points: str) -> Meaning:
    return Meaning(points, Dimension.VOLUME)


def _plain(*points: str) -> Meaning:
    return Meaning(points)


# A three-phase meter's first phase is a one-phase meter's only one.
MEANINGS = {
    "1-0:1.8.0*255": _energy("active_energy_import"),
    "1-0:2.8.0*255": _energy("active_energy_export"),
    "1-0:1.7.0*255": _plain("active_power"),
    "1-0:16.7.0*255": Meaning(("active_power",), rank=1),
    "1-0:21.7.0*255": _plain("active_power_l1"),
    "1-0:41.7.0*255": _plain("active_power_l2"),
    "1-0:61.7.0*255": _plain("active_power_l3"),
    "1-0:32.7.0*255": _plain("voltage_l1", "voltage"),
    "1-0:52.7.0*255": _plain("voltage_l2"),
    "1-0:72.7.0*255": _plain("voltage_l3"),
    "1-0:11.7.0*255": _plain("current"),
    "1-0:31.7.0*255": _plain("current_l1", "current"),
    "1-0:51.7.0*255": _plain("current_l2"),
    "1-0:71.7.0*255": _plain("current_l3"),
    "1-0:33.7.0*255": _plain("power_factor_l1", "power_factor"),
    "1-0:53.7.0*255": _plain("power_factor_l2"),
    "1-0:73.7.0*255": _plain("power_factor_l3"),
    "1-0:14.7.0*255": _plain("frequency"),
    "1-0:96.9.0*255": _plain("temperature"),
    "1-0:96.14.0*255": _plain("active_tariff"),
    "8-0:1.0.0*255": _volume("volume"),
    "8-0:2.0.0*255": _plain("flow_rate"),
    "9-0:1.0.0*255": _volume("volume"),
    "9-0:2.0.0*255": _plain("flow_rate"),
    "7-0:3.0.0*255": _volume("volume"),
    "7-0:43.15.0*255": _plain("flow_rate"),
    "17-0:129.128.0*255": _volume("volume"),
    "17-0:140.128.0*255": _plain("flow_rate"),
    "6-0:1.0.0*255": _energy("heat_energy"),
    "6-0:8.0.0*255": _plain("heat_power"),
    "6-0:9.0.0*255": _plain("flow_rate"),
    "6-0:10.0.0*255": _plain("flow_temperature"),
    "6-0:11.0.0*255": _plain("return_temperature"),
    "5-0:1.0.0*255": _energy("cooling_energy"),
    "5-0:8.0.0*255": _plain("cooling_power"),
    "5-0:10.0.0*255": _plain("flow_temperature"),
    "5-0:11.0.0*255": _plain("return_temperature"),
    "99-0:12.0.1*255": _plain("switch_on_l1", "switch_on"),
    "99-0:12.0.2*255": _plain("switch_on_l2"),
    "99-0:12.0.3*255": _plain("switch_on_l3"),
    "99-0:12.1.1*255": _plain("digital_output_1"),
    "99-0:12.1.2*255": _plain("digital_output_2"),
}
BY_CODE = {code_bytes(text): meaning for text, meaning in MEANINGS.items()}


def mapped(
    values: Iterable[tuple[bytes, float]],
    points: Collection[str],
    *,
    factors: Mapping[Dimension, float],
) -> Mapped:
    """Sort the values of a report by the points of the device.

    Args: ``factors`` make our unit of what the meter's counters count in, where that is known.
    Zero is zero in every unit.
    """
    found, ranks = Mapped(), dict[str, int]()
    for code, value in values:
        meaning = BY_CODE.get(code)
        point = next((name for name in meaning.points if name in points), None) if meaning else None
        if meaning is None or point is None:
            found.unmapped += 1
            continue
        factor = 1.0 if meaning.counts is None or value == 0.0 else factors.get(meaning.counts)
        if factor is None and meaning.counts is not None:
            found.untold.append(Untold(code, point, meaning.counts, value))
        elif factor is not None and ranks.get(point, 0) <= meaning.rank:
            ranks[point] = meaning.rank
            found.values[point] = tidied(value * factor)
    return found
