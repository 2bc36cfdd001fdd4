"""The numbers of the smart-me cloud as words, and the device type each meter becomes.

New numbers appear between versions of the cloud, so every table has an answer for one it
does not know. Source: docs/integrations/smart-me.md, "Kinds of meter".
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache


class EnergyType(IntEnum):
    """What a device measures (their DeviceEnergyType)."""

    UNKNOWN = 0
    ELECTRICITY = 1
    WATER = 2
    GAS = 3
    HEAT = 4
    HEAT_COST_ALLOCATOR = 5
    ALL_METERS = 6
    TEMPERATURE = 7
    MBUS_GATEWAY = 8
    RS485_GATEWAY = 9
    CUSTOM = 10
    COMPRESSED_AIR = 11
    SOLAR_LOG = 12
    VIRTUAL_METER = 13
    WIRELESS_MBUS_GATEWAY = 14


class SubType(IntEnum):
    """A narrower word for what is measured (their MeterSubType)."""

    UNKNOWN = 0
    COLD = 1
    HEAT = 2
    CHARGING_STATION = 3
    ELECTRICITY = 4
    WATER = 5
    GAS = 6
    ELECTRICITY_HEAT = 7
    TEMPERATURE = 8
    VIRTUAL_BATTERY = 9


class Family(IntEnum):
    """The hardware (their FamilyType); 0 stands for all M-Bus and S0 meters."""

    UNKNOWN = 0
    PLUG = 1
    ONE_PHASE = 2
    ONE_PHASE_SWITCH = 3
    MBUS_GATEWAY = 4
    RS485_GATEWAY = 5
    KAMSTRUP = 6
    THREE_PHASE = 7
    THREE_PHASE_SWITCH = 8
    THREE_PHASE_CT = 9
    LANDIS_GYR = 10
    FNN = 11
    TELSTAR = 12
    TELSTAR_MOBILE = 14
    ONE_PHASE_80A = 16
    ONE_PHASE_32A = 17
    ONE_PHASE_80A_GPRS = 18
    ONE_PHASE_32A_GPRS = 19
    WIRELESS_MBUS_GATEWAY = 20
    THREE_PHASE_CT_MOBILE = 21
    NIMBUS = 65
    PICO = 70
    REST_API = 1001
    VIRTUAL_BILLING = 1002


class ChargingState(IntEnum):
    """What a charging station does (their ChargingStationState)."""

    BOOTING = 0
    READY = 1
    READY_CAR_CONNECTED = 2
    WAITING_FOR_CAR = 3
    CHARGING = 4
    INSTALLATION = 5
    AUTHORISING = 6
    OFFLINE = 7


GATEWAY_ENERGY_TYPES = {
    EnergyType.MBUS_GATEWAY,
    EnergyType.RS485_GATEWAY,
    EnergyType.WIRELESS_MBUS_GATEWAY,
}
GATEWAY_FAMILIES = {Family.MBUS_GATEWAY, Family.RS485_GATEWAY, Family.WIRELESS_MBUS_GATEWAY}

ELECTRICITY_TYPE_OF_FAMILY: dict[int, str] = {
    Family.UNKNOWN: "smartme-mbus-electricity",
    Family.PLUG: "smartme-plug",
    Family.ONE_PHASE: "smartme-1-phase",
    Family.ONE_PHASE_SWITCH: "smartme-1-phase-switch",
    Family.KAMSTRUP: "smartme-kamstrup",
    Family.THREE_PHASE: "smartme-3-phase",
    Family.THREE_PHASE_SWITCH: "smartme-3-phase-switch",
    Family.THREE_PHASE_CT: "smartme-3-phase-ct",
    Family.LANDIS_GYR: "smartme-landis-gyr",
    Family.FNN: "smartme-fnn",
    Family.TELSTAR: "smartme-telstar",
    Family.TELSTAR_MOBILE: "smartme-telstar-mobile",
    Family.ONE_PHASE_80A: "smartme-1-phase-80a",
    Family.ONE_PHASE_32A: "smartme-1-phase-32a",
    Family.ONE_PHASE_80A_GPRS: "smartme-1-phase-80a",
    Family.ONE_PHASE_32A_GPRS: "smartme-1-phase-32a",
    Family.THREE_PHASE_CT_MOBILE: "smartme-3-phase-ct-mobile",
    Family.NIMBUS: "smartme-nimbus",
    Family.PICO: "smartme-pico",
    Family.REST_API: "smartme-api-meter",
    Family.VIRTUAL_BILLING: "smartme-virtual-billing",
}

# What decides is the medium, then the sub type; None answers for every other sub type.
TYPE_OF_MEDIUM: dict[tuple[int, int | None], str] = {
    (EnergyType.UNKNOWN, None): "smartme-mbus",
    (EnergyType.ELECTRICITY, SubType.CHARGING_STATION): "smartme-charging-station",
    (EnergyType.ELECTRICITY, None): "smartme-electricity",
    (EnergyType.WATER, SubType.COLD): "smartme-water-cold",
    (EnergyType.WATER, SubType.HEAT): "smartme-water-hot",
    (EnergyType.WATER, None): "smartme-water",
    (EnergyType.GAS, None): "smartme-gas",
    (EnergyType.HEAT, SubType.COLD): "smartme-cold",
    (EnergyType.HEAT, None): "smartme-heat",
    (EnergyType.HEAT_COST_ALLOCATOR, None): "smartme-hca",
    (EnergyType.ALL_METERS, None): "smartme-mbus",
    (EnergyType.TEMPERATURE, None): "smartme-temperature",
    (EnergyType.CUSTOM, None): "smartme-custom",
    (EnergyType.COMPRESSED_AIR, None): "smartme-compressed-air",
    (EnergyType.SOLAR_LOG, None): "smartme-solarlog",
    (EnergyType.VIRTUAL_METER, SubType.VIRTUAL_BATTERY): "smartme-virtual-battery",
    (EnergyType.VIRTUAL_METER, None): "smartme-virtual-meter",
}
FALLBACK_TYPE = "smartme-mbus"
ELECTRIC_ENERGY_TYPES = {
    EnergyType.ELECTRICITY,
    EnergyType.SOLAR_LOG,
    EnergyType.VIRTUAL_METER,
}


def is_gateway(*, energy: int, family: int) -> bool:
    """Return whether a device passes on the readings of others and has none itself."""
    return energy in GATEWAY_ENERGY_TYPES or family in GATEWAY_FAMILIES


def device_type_of(*, energy: int, sub_type: int, family: int) -> str:
    """Return the key of the device type; unknown numbers get the nearest general one."""
    nameless = family == Family.UNKNOWN and sub_type == SubType.CHARGING_STATION
    if energy == EnergyType.ELECTRICITY and not nameless:
        named = ELECTRICITY_TYPE_OF_FAMILY.get(family)
        if named is not None:
            return named
    exact = TYPE_OF_MEDIUM.get((energy, sub_type))
    return exact or TYPE_OF_MEDIUM.get((energy, None), FALLBACK_TYPE)


@lru_cache(maxsize=1_000)
def is_known(words: type[IntEnum], number: int) -> bool:
    """Return whether this number has a name in that vocabulary."""
    return any(number == word for word in words)
