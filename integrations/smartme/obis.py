"""OBIS codes as the cloud writes them, and which point each becomes: pure, by table.

Codes come with values in base units (W, Wh, varh), unlike the members of a device. A code without
a row is left out: nothing is guessed. Source: docs/integrations/smart-me.md, "OBIS codes".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .units import tidied

WATT_HOURS = 0.001  # to kW.h


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says: one of these points, the first that the device has, times a factor.

    Of two codes for one point that of the higher rank counts.
    """

    points: tuple[str, ...]
    factor: float = 1.0
    rank: int = 0


def code_bytes(text: str) -> bytes:
    """Return the six bytes of a code such as ``1-0:1.8.0*255``."""
    medium, rest = text.split("-")
    channel, rest = rest.split(":")
    groups, storage = rest.split("*")
    return bytes(map(int, (medium, channel, *groups.split("."), storage)))


def _energy(*points: str) -> Meaning:
    return Meaning(points, WATT_HOURS)


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
    "8-0:1.0.0*255": _plain("volume"),
    "8-0:2.0.0*255": _plain("flow_rate"),
    "9-0:1.0.0*255": _plain("volume"),
    "9-0:2.0.0*255": _plain("flow_rate"),
    "7-0:3.0.0*255": _plain("volume"),
    "7-0:43.15.0*255": _plain("flow_rate"),
    "17-0:129.128.0*255": _plain("volume"),
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


def points_of(
    values: Iterable[tuple[bytes, float]], points: Collection[str]
) -> tuple[dict[str, float], int]:
    """Return the values of a device by point, in the unit of the point, and how many had none."""
    found: dict[str, tuple[int, float]] = {}
    unmapped = 0
    for code, value in values:
        meaning = BY_CODE.get(code)
        point = next((name for name in meaning.points if name in points), None) if meaning else None
        if meaning is None or point is None:
            unmapped += 1
        elif point not in found or found[point][0] <= meaning.rank:
            found[point] = (meaning.rank, tidied(value * meaning.factor))
    return {point: value for point, (_, value) in found.items()}, unmapped
