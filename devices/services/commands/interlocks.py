"""Interlocks: what keeps devices from harm, as the catalogue says for each action of a type.

``min_interval_s``   seconds between the end of one command of the action and the next
``min_off_s``        seconds between switching off and on again (compressors); by ``parameter``
``excludes``         actions that must not be under way at the same time
``allowed``          parameter -> {minimum, maximum}, tighter than the schema of the action

While an interlocked action is under way no second one is taken, so that nothing piles up for a
gateway that is away. Source: docs/models/devices/command.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from config.lib.errors import Finding
from config.lib.times import format_time
from devices.choices import OPEN_COMMANDS
from devices.errors import Interlocked
from devices.models import ActionType, Command

OFF_PARAMETER: Final = "on"
# The longest time that an interlock may look back over (the schema of the catalogue says so too).
LONGEST_S: Final = 86_400


def range_findings(action: ActionType, parameters: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the parameters that are outside of what the type allows."""
    for name, allowed in action.interlocks.get("allowed", {}).items():
        value = parameters.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            continue
        low, high = allowed.get("minimum", value), allowed.get("maximum", value)
        if not low <= value <= high:
            detail = f"This type of device takes {low:g} to {high:g}."
            yield Finding(f"#/parameters/{name}", "interlock", detail)


def interlocked(
    actions: Mapping[UUID, ActionType],
    *,
    parameters: Mapping[str, Any],
    now: datetime,
    apart_from: Collection[UUID] = (),
) -> dict[UUID, Interlocked]:
    """Return, by device, the interlock that forbids its action now; one query, none without any.

    Needs the devices locked, so that of two requests at once one sees the other. ``apart_from``
    are commands that do not count.
    """
    guarded = {device: action for device, action in actions.items() if _is_timed(action)}
    if not guarded:
        return {}
    recent = defaultdict(list)
    for command in _recent(guarded, now).exclude(pk__in=apart_from):
        recent[command.device_id].append(command)
    found = {
        device: next(_forbidden(action, recent[device], parameters=parameters, now=now), None)
        for device, action in guarded.items()
    }
    return {device: error for device, error in found.items() if error is not None}


def forbidden_to_leave(commands: Sequence[Command], *, now: datetime) -> dict[UUID, str]:
    """Return, by command, why it may not be sent now; two queries, one without any interlock.

    Since it was asked for, its type may have been given tighter rules, or another action may have
    begun. What waits itself forbids nothing. Needs the devices locked.
    """
    kinds = {command.device.type_id for command in commands}
    keys = {command.action for command in commands}
    rows = ActionType.objects.filter(device_type__in=kinds, key__in=keys)
    rules = {(row.device_type_id, row.key): row for row in rows if row.interlocks}
    guarded = [
        (command, rules[command.device.type_id, command.action])
        for command in commands
        if (command.device.type_id, command.action) in rules
    ]
    recent = defaultdict(list)
    if guarded:
        left = _recent([command.device_id for command, _ in guarded], now).filter(attempts__gt=0)
        for command in left:
            recent[command.device_id].append(command)
    found = {}
    for command, action in guarded:
        others = [one for one in recent[command.device_id] if one.pk != command.pk]
        reasons = chain(
            (finding.detail for finding in range_findings(action, command.parameters)),
            map(str, _forbidden(action, others, parameters=command.parameters, now=now)),
        )
        if reason := next(reasons, None):
            found[command.pk] = reason
    return found


def _is_timed(action: ActionType) -> bool:
    return bool({"min_interval_s", "min_off_s", "excludes"} & set(action.interlocks))


def _recent(devices: Collection[UUID], now: datetime) -> Any:
    """Return the commands that are under way, or may have had their effect not long ago."""
    since = now - timedelta(seconds=LONGEST_S)
    had_effect = Q(attempts__gt=0, finished_at__gt=since)
    counts = Q(status__in=OPEN_COMMANDS) | had_effect
    rows = Command.objects.filter(counts, device__node__id__any=list(devices))
    # A command is done within a week and a day of its making: older ones need not be looked at.
    return rows.filter(created_at__gt=since - timedelta(days=8)).order_by("pk")


def _forbidden(
    action: ActionType,
    recent: Iterable[Command],
    *,
    parameters: Mapping[str, Any],
    now: datetime,
) -> Iterator[Interlocked]:
    rules = action.interlocks
    for command in recent:
        if not command.is_over and command.action in {action.key, *rules.get("excludes", ())}:
            yield _under_way(action, command)
        elif command.action == action.key and command.finished_at is not None:
            yield from _too_soon(action, command, parameters=parameters, now=now)


def _under_way(action: ActionType, command: Command) -> Interlocked:
    same = command.action == action.key
    advice = f"Wait until the command {command.pk} has ended, or cancel it."
    rule = "under-way" if same else "excludes"
    return Interlocked(rule=rule, action=action.key, advice=advice)


def _too_soon(
    action: ActionType, command: Command, *, parameters: Mapping[str, Any], now: datetime
) -> Iterator[Interlocked]:
    rules = action.interlocks
    waits = {"min-interval": rules.get("min_interval_s", 0)}
    if _is_off_then_on(rules, command.parameters, after=parameters):
        waits["min-off"] = rules["min_off_s"]
    for rule, seconds in waits.items():
        free_at = (command.finished_at or now) + timedelta(seconds=seconds)
        if free_at > now:
            moment = format_time(free_at)
            advice = f"It may be asked for again at {moment}."
            yield Interlocked(rule=rule, action=action.key, advice=advice, retry_at=moment)


def _is_off_then_on(
    rules: Mapping[str, Any], before: Mapping[str, Any], *, after: Mapping[str, Any]
) -> bool:
    name = rules.get("parameter", OFF_PARAMETER)
    return "min_off_s" in rules and before.get(name) is False and after.get(name) is True
