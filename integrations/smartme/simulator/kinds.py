"""The kinds of simulated meter: their numbers in the cloud, and which members they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Members = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What a meter shows at one moment, before it is put into members.

    ``rate`` is in W or m3/h, the counters in kWh or m3; ``noise`` runs from 0 to 1.
    """

    rate: float
    taken: float
    given: float
    noise: float
    switched_on: bool


def _net(shown: Reading) -> float:
    return shown.taken - shown.given


def _kilowatts(shown: Reading) -> Members:
    return {"ActivePower": shown.rate / 1000, "ActivePowerUnit": "kW"}


def _energy(shown: Reading) -> Members:
    return {
        "CounterReading": _net(shown),
        "CounterReadingUnit": "kWh",
        "CounterReadingT1": _net(shown),
        "CounterReadingT2": 0.0,
        "CounterReadingImport": shown.taken,
        "CounterReadingExport": shown.given,
    }


def _lines(shown: Reading) -> Members:
    """Three phases that carry half, a third and the rest of the load."""
    volts = [229.5 + 3 * shown.noise + step for step in (0.0, 0.7, -0.6)]
    watts = [shown.rate * share for share in (0.5, 0.3, 0.2)]
    members: Members = {"Voltage": volts[0]}
    for line, (volt, watt) in enumerate(zip(volts, watts, strict=True), start=1):
        members[f"VoltageL{line}"] = volt
        members[f"CurrentL{line}"] = abs(watt) / volt / 0.95
    return members


def telstar(shown: Reading) -> Members:
    """A 3-phase meter with phase power, two tariffs and an output."""
    shares = {"L1": 0.5, "L2": 0.3, "L3": 0.2}
    phases = {f"ActivePower{line}": shown.rate / 1000 * part for line, part in shares.items()}
    factors = {f"PowerFactor{line}": 0.95 for line in shares}
    return {
        **_kilowatts(shown),
        **phases,
        **_energy(shown),
        **_lines(shown),
        "PowerFactor": 0.95,
        **factors,
        "DigitalOutput2": shown.switched_on,
    }


def kamstrup(shown: Reading) -> Members:
    """A module on another maker's meter: four tariffs, no phase power, no power factor."""
    tariffs = {"CounterReadingT3": 0.0, "CounterReadingT4": 0.0}
    return {**_kilowatts(shown), **_energy(shown), **tariffs, **_lines(shown)}


def plug(shown: Reading) -> Members:
    """A plug: one tariff, import only, one phase, its own temperature."""
    volt = 228.0 + 4 * shown.noise
    return {
        **_kilowatts(shown),
        "CounterReading": shown.taken,
        "CounterReadingUnit": "kWh",
        "CounterReadingT1": shown.taken,
        "CounterReadingImport": shown.taken,
        "SwitchOn": shown.switched_on,
        "Voltage": volt,
        "VoltageL1": volt,
        "Current": abs(shown.rate) / volt / 0.9,
        "PowerFactor": 0.9,
        "PowerFactorL1": 0.9,
        "Temperature": 21.0 + 4 * shown.noise,
    }


def charging_station(shown: Reading) -> Members:
    """A Pico: it charges while the rate is above standby."""
    return {
        **_kilowatts(shown),
        "CounterReading": shown.taken,
        "CounterReadingUnit": "kWh",
        "CounterReadingImport": shown.taken,
        "SwitchOn": shown.switched_on,
        "ChargingStationState": 4 if shown.rate > 1000 else 1,
    }


def virtual(shown: Reading) -> Members:
    """A meter worked out from others."""
    return {**_kilowatts(shown), **_energy(shown)}


def fluid(shown: Reading) -> Members:
    """Water on M-Bus: a counter and a flow rate of its own."""
    return {"CounterReading": shown.taken, "CounterReadingUnit": "m3", "FlowRate": shown.rate}


def gas(shown: Reading) -> Members:
    """Gas: the flow comes in the member for power."""
    return {
        "ActivePower": shown.rate,
        "ActivePowerUnit": "m3/h",
        "CounterReading": shown.taken,
        "CounterReadingUnit": "m3",
    }


def heat(shown: Reading) -> Members:
    """Heat or cold: power in kW and a counter in MWh, as M-Bus meters like to count."""
    counter = {"CounterReading": shown.taken / 1000, "CounterReadingUnit": "MWh"}
    return {**_kilowatts(shown), **counter, "Temperature": 38.0 + 10 * shown.noise}


def allocator(shown: Reading) -> Members:
    """A heat cost allocator counts units without a name."""
    return {"CounterReading": float(int(shown.taken)), "Temperature": 24.0 + 20 * shown.noise}


def thermometer(shown: Reading) -> Members:
    """A temperature sensor."""
    return {"Temperature": 18.0 + 5 * shown.noise + shown.rate}


def nothing(shown: Reading) -> Members:
    """A gateway: a device without readings."""
    return {}


@dataclass(frozen=True)
class Kind:
    """Numbers and members of one kind; ``counts`` names the unit of the counter."""

    energy: int
    sub_type: int | None
    family: int
    members: Callable[[Reading], Members]
    counts: str = "kWh"
    switch: bool = False
    outputs: tuple[tuple[str, str], ...] = ()


PHASE_SWITCH = (("Switch", "63000C0001FF"),)
RELAY = (("Relais", "63000C0102FF"),)
KINDS: Mapping[str, Kind] = {
    "telstar": Kind(1, None, 12, telstar, switch=True, outputs=RELAY),
    "ct": Kind(1, None, 9, telstar),
    "kamstrup": Kind(1, None, 6, kamstrup),
    "plug": Kind(1, None, 1, plug, switch=True, outputs=PHASE_SWITCH),
    "one-phase-switch": Kind(1, None, 3, plug, switch=True, outputs=PHASE_SWITCH),
    "pico": Kind(1, 3, 70, charging_station, switch=True, outputs=PHASE_SWITCH),
    "api-meter": Kind(1, None, 1001, virtual),
    "virtual": Kind(13, None, 1002, virtual),
    "water-cold": Kind(2, 1, 0, fluid, "m3"),
    "water-hot": Kind(2, 2, 0, fluid, "m3"),
    "gas": Kind(3, 6, 0, gas, "m3"),
    "heat": Kind(4, 2, 0, heat),
    "cold": Kind(4, 1, 0, heat),
    "allocator": Kind(5, None, 0, allocator, "units"),
    "temperature": Kind(7, 8, 0, thermometer, "units"),
    "compressed-air": Kind(11, None, 0, gas, "m3"),
    "mbus-gateway": Kind(8, None, 4, nothing),
}
