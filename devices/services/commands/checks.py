"""Which devices can be asked for an action now, and why the others cannot; set-wise."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson

from config.lib.errors import DomainError, Finding, InvalidInput
from devices.choices import AssetStatus
from devices.errors import AssetNotActive, DeviceNotControllable
from devices.models import ActionType, Device
from devices.services.commands.interlocks import interlocked, range_findings
from devices.services.commands.wishes import Wish
from devices.transports import Transport, choose_transports
from twin.definitions.schema import value_findings

MAX_PARAMETERS_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Ready:
    """How a device can be asked."""

    action: ActionType
    transport: Transport


@dataclass(slots=True)
class Examined:
    """What was found, by device: each is in one of the two."""

    ready: dict[UUID, Ready] = field(default_factory=dict)
    refused: dict[UUID, DomainError] = field(default_factory=dict)


def lock_devices(keys: Collection[UUID]) -> list[Device]:
    """Lock devices and their assets, in the order of age; needs an open transaction.

    So two requests to one device follow each other, and no asset is suspended in between.
    """
    rows = Device.objects.select_related("asset").select_for_update(of=("self", "asset"))
    return list(rows.filter(node__id__any=list(keys)).order_by("pk"))


def hold_devices(keys: Collection[UUID]) -> None:
    """Let no other command to these devices leave meanwhile; always before commands are locked."""
    rows = Device.objects.filter(node__id__any=list(keys)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def examine(
    devices: Sequence[Device], wish: Wish, *, now: datetime, apart_from: Collection[UUID] = ()
) -> Examined:
    """Return which of the devices can be asked now; a constant number of queries."""
    found = Examined()
    actions = _actions(devices, wish.action)
    faults = {key: _fault(action, wish) for key, action in actions.items()}
    possible = []
    for device in devices:
        error = _inactive(device) or faults.get(device.type_id, _unknown(wish.action))
        if error is None:
            possible.append(device)
        else:
            found.refused[device.pk] = error
    _choose_ways(found, possible, wish=wish, actions=actions)
    asked = {key: ready.action for key, ready in found.ready.items()}
    locked = interlocked(asked, parameters=wish.parameters, now=now, apart_from=apart_from)
    for key, interlock in locked.items():
        found.refused[key] = interlock
        del found.ready[key]
    return found


def _actions(devices: Sequence[Device], key: str) -> dict[UUID, ActionType]:
    kinds = {device.type_id for device in devices}
    rows = ActionType.objects.filter(device_type__in=kinds, key=key)
    return {action.device_type_id: action for action in rows}


def _inactive(device: Device) -> DomainError | None:
    if device.asset.status == AssetStatus.ACTIVE:
        return None
    return AssetNotActive(asset=str(device.asset_id), asset_status=device.asset.status)


def _unknown(action: str) -> DomainError:
    detail = f"Devices of this type know no action {action!r}."
    return InvalidInput([Finding("#/action", "unknown-action", detail)])


def _fault(action: ActionType, wish: Wish) -> DomainError | None:
    if findings := list(_parameter_findings(action, wish)):
        return InvalidInput(findings)
    return None


def _parameter_findings(action: ActionType, wish: Wish) -> Iterator[Finding]:
    if len(orjson.dumps(wish.parameters)) > MAX_PARAMETERS_BYTES:
        detail = f"All parameters together have at most {MAX_PARAMETERS_BYTES} bytes."
        yield Finding("#/parameters", "too-large", detail)
        return
    for finding in value_findings(wish.parameters, schema=action.parameters, at=("parameters",)):
        yield Finding(finding.pointer, finding.code, finding.detail)
    yield from range_findings(action, wish.parameters)


def _choose_ways(
    found: Examined,
    devices: Sequence[Device],
    *,
    wish: Wish,
    actions: dict[UUID, ActionType],
) -> None:
    ways = choose_transports([device.pk for device in devices], action=wish.action)
    for device in devices:
        way = ways.get(device.pk)
        if way is None:
            error = DeviceNotControllable(device=str(device.pk), action=wish.action)
            found.refused[device.pk] = error
        else:
            found.ready[device.pk] = Ready(actions[device.type_id], way)
