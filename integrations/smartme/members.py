"""The tables behind the mapping: which member of a device becomes which point, and when.

Source: docs/integrations/smart-me.md, "Values".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from . import values
from .units import UNIT_OF_FLOW_RATE, Dimension, Unit
from .vocabulary import ELECTRIC_ENERGY_TYPES, EnergyType, Family, SubType


class Medium(StrEnum):
    """What flows through a meter; it decides what a counter and a rate mean."""

    ELECTRICITY = "electricity"
    CHARGING = "charging"
    FLUID = "fluid"
    HEAT = "heat"
    COLD = "cold"
    ALLOCATION = "heat cost allocation"
    OTHER = "an unknown medium"


@dataclass(frozen=True)
class QuantityMember:
    """A member with a unit: its role and where the unit stands (or which it always is)."""

    member: str
    role: str
    unit_member: str = ""
    fixed_unit: Unit | None = None

    @cached_property
    def name(self) -> str:
        """The member's name in any case."""
        return self.member.lower()


@dataclass(frozen=True)
class FixedMember:
    """A member whose unit never changes; ``medium`` narrows it to meters of that medium."""

    member: str
    point: str
    read: Callable[[Any], float]
    medium: Medium | None = None

    @cached_property
    def name(self) -> str:
        """The member's name in any case."""
        return self.member.lower()


# Of two members for one point the later row wins: the own flow rate over the power member
# that doubles as one, the import counter over the net counter.
QUANTITY_MEMBERS = (
    QuantityMember("ActivePower", "rate", "ActivePowerUnit"),
    QuantityMember("ActivePowerL1", "rate_l1", "ActivePowerUnit"),
    QuantityMember("ActivePowerL2", "rate_l2", "ActivePowerUnit"),
    QuantityMember("ActivePowerL3", "rate_l3", "ActivePowerUnit"),
    QuantityMember("FlowRate", "flow", fixed_unit=UNIT_OF_FLOW_RATE),
    QuantityMember("CounterReading", "net", "CounterReadingUnit"),
    QuantityMember("CounterReadingImport", "import", "CounterReadingUnit"),
    QuantityMember("CounterReadingExport", "export", "CounterReadingUnit"),
)

FIXED_MEMBERS = (
    FixedMember("Voltage", "voltage", values.number),
    FixedMember("VoltageL1", "voltage_l1", values.number),
    FixedMember("VoltageL2", "voltage_l2", values.number),
    FixedMember("VoltageL3", "voltage_l3", values.number),
    FixedMember("Current", "current", values.number),
    FixedMember("CurrentL1", "current_l1", values.number),
    FixedMember("CurrentL2", "current_l2", values.number),
    FixedMember("CurrentL3", "current_l3", values.number),
    FixedMember("PowerFactor", "power_factor", values.number),
    FixedMember("PowerFactorL1", "power_factor_l1", values.number),
    FixedMember("PowerFactorL2", "power_factor_l2", values.number),
    FixedMember("PowerFactorL3", "power_factor_l3", values.number),
    FixedMember("Temperature", "temperature", values.number),
    FixedMember("ActiveTariff", "active_tariff", values.whole),
    FixedMember("SwitchOn", "switch_on", values.boolean),
    FixedMember("SwitchPhaseL1On", "switch_on_l1", values.boolean),
    FixedMember("SwitchPhaseL2On", "switch_on_l2", values.boolean),
    FixedMember("SwitchPhaseL3On", "switch_on_l3", values.boolean),
    FixedMember("DigitalInput1", "digital_input_1", values.boolean),
    FixedMember("DigitalInput2", "digital_input_2", values.boolean),
    FixedMember("DigitalOutput1", "digital_output_1", values.boolean),
    FixedMember("DigitalOutput2", "digital_output_2", values.boolean),
    FixedMember("AnalogOutput1", "analog_output_1", values.whole),
    FixedMember("AnalogOutput2", "analog_output_2", values.whole),
    # Elsewhere the state is 0 only because the cloud's enum starts there.
    FixedMember("ChargingStationState", "charging_state", values.whole, Medium.CHARGING),
)

Points = Mapping[str, Mapping[Dimension, str]]

ELECTRIC_POINTS: Points = {
    "rate": {Dimension.POWER: "active_power"},
    "rate_l1": {Dimension.POWER: "active_power_l1"},
    "rate_l2": {Dimension.POWER: "active_power_l2"},
    "rate_l3": {Dimension.POWER: "active_power_l3"},
    # The cloud's plain counter is import minus export: it can fall, so it is never billed on.
    "net": {Dimension.ENERGY: "active_energy_net"},
    "import": {Dimension.ENERGY: "active_energy_import"},
    "export": {Dimension.ENERGY: "active_energy_export"},
}
FLUID_POINTS: Points = {
    "rate": {Dimension.FLOW: "flow_rate"},
    "flow": {Dimension.FLOW: "flow_rate"},
    "net": {Dimension.VOLUME: "volume"},
    "import": {Dimension.VOLUME: "volume"},
}
POINTS: Mapping[Medium, Points] = {
    Medium.ELECTRICITY: ELECTRIC_POINTS,
    Medium.CHARGING: ELECTRIC_POINTS,
    Medium.FLUID: FLUID_POINTS,
    Medium.HEAT: {
        "rate": {Dimension.POWER: "heat_power", Dimension.FLOW: "flow_rate"},
        "flow": {Dimension.FLOW: "flow_rate"},
        "net": {Dimension.ENERGY: "heat_energy", Dimension.VOLUME: "volume"},
        "import": {Dimension.ENERGY: "heat_energy", Dimension.VOLUME: "volume"},
    },
    Medium.COLD: {
        "rate": {Dimension.POWER: "cooling_power", Dimension.FLOW: "flow_rate"},
        "flow": {Dimension.FLOW: "flow_rate"},
        "net": {Dimension.ENERGY: "cooling_energy", Dimension.VOLUME: "volume"},
        "import": {Dimension.ENERGY: "cooling_energy", Dimension.VOLUME: "volume"},
    },
    Medium.ALLOCATION: {
        "net": {Dimension.COUNT: "allocation_units"},
        "import": {Dimension.COUNT: "allocation_units"},
    },
    Medium.OTHER: {
        "rate": {Dimension.POWER: "active_power", Dimension.FLOW: "flow_rate"},
        "flow": {Dimension.FLOW: "flow_rate"},
        "net": {Dimension.VOLUME: "volume"},
    },
}
MEDIUM_OF: Mapping[int, Medium] = {
    EnergyType.WATER: Medium.FLUID,
    EnergyType.GAS: Medium.FLUID,
    EnergyType.COMPRESSED_AIR: Medium.FLUID,
    EnergyType.HEAT: Medium.HEAT,
    EnergyType.HEAT_COST_ALLOCATOR: Medium.ALLOCATION,
}


def medium_of(*, energy: int, sub_type: int, family: int) -> Medium:
    """Return what flows through a meter of this kind."""
    if energy in ELECTRIC_ENERGY_TYPES:
        charging = sub_type == SubType.CHARGING_STATION or family == Family.PICO
        return Medium.CHARGING if charging else Medium.ELECTRICITY
    if energy == EnergyType.HEAT and sub_type == SubType.COLD:
        return Medium.COLD
    return MEDIUM_OF.get(energy, Medium.OTHER)


def point_of(medium: Medium, role: str) -> Mapping[Dimension, str]:
    """Return the point a role has in that medium for each dimension; empty means none."""
    return POINTS[medium].get(role, {})
