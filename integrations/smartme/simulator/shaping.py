"""Faults in what the simulated cloud says about its meters, each one a small change to the list."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

Device = dict[str, Any]
Devices = list[Device]
Change = Callable[[Device, Mapping[str, Any]], None]

EIGHTEEN_DIGITS = 636_731_327_420_929_937


def _set(member: str, value: Any) -> Change:
    def change(device: Device, given: Mapping[str, Any]) -> None:
        device[given.get("member", member)] = given.get("value", value)

    return change


def _unknown_unit(device: Device, given: Mapping[str, Any]) -> None:
    for member in ("ActivePowerUnit", "CounterReadingUnit"):
        if member in device:
            device[member] = given.get("value", "furlong")


def _null_members(device: Device, given: Mapping[str, Any]) -> None:
    absent = (
        "ActivePower",
        "ActivePowerL1",
        "CounterReading",
        "Voltage",
        "FlowRate",
        "Temperature",
    )
    device.update(dict.fromkeys(given.get("members", absent)))


def _net_negative(device: Device, given: Mapping[str, Any]) -> None:
    device["CounterReading"] = -abs(float(device.get("CounterReading", 1.0)))


def _missing_name(device: Device, given: Mapping[str, Any]) -> None:
    device.pop("Name", None)


def _camel_case(device: Device, given: Mapping[str, Any]) -> None:
    camel = {key[:1].lower() + key[1:]: value for key, value in device.items()}
    device.clear()
    device.update(camel)


CHANGES: Mapping[str, Change] = {
    "unknown-enum": _set("FamilyType", 4711),
    "unknown-member": _set("QuantumFlux", {"Colour": "blue", "Spin": [1, None]}),
    "unknown-unit": _unknown_unit,
    "null-members": _null_members,
    "bad-value": _set("ActivePower", "a lot"),
    "stale": _set("ValueDate", "2026-02-03T04:05:06.1234567Z"),
    "rename": _set("Name", "Renamed in the cloud"),
    "big-serial": _set("Serial", EIGHTEEN_DIGITS),
    "missing-name": _missing_name,
    "net-negative": _net_negative,
    "camel-case": _camel_case,
}


def _add(devices: Devices, given: Mapping[str, Any]) -> Devices:
    source = next((device for device in devices if "ActivePower" in device), {})
    serial = given.get("serial", 6_399_999)
    new_id = str(uuid.uuid5(uuid.NAMESPACE_OID, str(serial)))
    name = given.get("name", "Added in the cloud")
    return [*devices, {**source, "Id": new_id, "Serial": serial, "Name": name}]


def _add_gateway(devices: Devices, given: Mapping[str, Any]) -> Devices:
    serial = given.get("serial", 8_199_999)
    gateway = {"Id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(serial))), "Serial": serial}
    return [*devices, {**gateway, "DeviceEnergyType": 14, "FamilyType": 20, "Name": "Gateway"}]


WHOLE_LIST: Mapping[str, Callable[[Devices, Mapping[str, Any]], Devices]] = {
    "add": _add,
    "empty-gateway": _add_gateway,
}
SHAPING_KINDS = frozenset({*CHANGES, *WHOLE_LIST, "vanish"})


def shaped(devices: Devices, *, kind: str, meter: str | None, given: Mapping[str, Any]) -> Devices:
    """Return the list with one fault in it; ``meter`` is an id, a serial or a name, None: all."""
    if kind in WHOLE_LIST:
        return WHOLE_LIST[kind](devices, given)
    if kind == "vanish":
        return [device for device in devices if not _is_meant(device, meter)]
    for device in devices:
        if _is_meant(device, meter):
            CHANGES[kind](device, given)
    return devices


def _is_meant(device: Device, meter: str | None) -> bool:
    names = (device.get("Id"), device.get("Serial"), device.get("Name"))
    return meter is None or str(meter) in {str(name) for name in names}
