"""Commands at their gateway: fetched, begun, told of; and the end of those nobody ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.lib.errors import Finding, InvalidInput
from devices.choices import OPEN_COMMANDS, AssetStatus, CommandStatus
from devices.errors import AssetNotActive, CommandOver
from devices.models import ActionType, Command, Gateway
from devices.services.commands.checks import hold_devices
from devices.services.commands.interlocks import forbidden_to_leave
from devices.services.commands.moves import move
from twin.definitions.schema import value_findings

MAX_EXPIRED = 1_000
MAX_RESULT_BYTES = 16_384
# Why a command ended by itself, by where it stood.
REASONS: Mapping[str, tuple[str, str]] = {
    CommandStatus.AWAITING_APPROVAL: ("not-approved", "Nobody approved it in time."),
    CommandStatus.QUEUED: ("not-sent", "It could not be handed over in time."),
    CommandStatus.SENT: ("no-answer", "No answer came in time; the device may have acted."),
    CommandStatus.ACKNOWLEDGED: ("no-outcome", "It was begun, and no outcome was told in time."),
}


def waiting_for(gateway: Gateway) -> QuerySet[Command]:
    """Return the open commands that the gateway has, or may come for, oldest first."""
    statuses = [CommandStatus.QUEUED, CommandStatus.SENT, CommandStatus.ACKNOWLEDGED]
    rows = Command.objects.filter(device__gateway=gateway, transport="gateway", is_held=False)
    usable = rows.filter(status__in=statuses, device__asset__status=AssetStatus.ACTIVE)
    return usable.filter(due_at__gt=timezone.now()).order_by("pk")


@transaction.atomic
def fetch_commands(*, gateway: Gateway, limit: int) -> list[Command]:
    """Hand the gateway the commands that wait for it, oldest first; each is handed over once.

    What was handed over and lost on the way is still among the open commands of the gateway. What
    an interlock forbids by now ends here.
    """
    rows = waiting_for(gateway).filter(status=CommandStatus.QUEUED).select_related("device")
    hold_devices(rows.values_list("device", flat=True)[:limit])
    found = list(rows.select_for_update(of=("self",), skip_locked=True)[:limit])
    now = timezone.now()
    found = _without_forbidden(found, now)
    for timeout in {command.timeout_s for command in found}:
        group = [command for command in found if command.timeout_s == timeout]
        due_at = now + timedelta(seconds=timeout)
        move(group, to=CommandStatus.SENT, attempts=1, now=now, due_at=due_at)
    return found


def _without_forbidden(commands: Sequence[Command], now: datetime) -> list[Command]:
    """End the commands that may not leave any more; return the others."""
    forbidden = forbidden_to_leave(commands, now=now)
    for command in commands:
        if detail := forbidden.get(command.pk):
            move([command], to=CommandStatus.FAILED, now=now, reason="interlocked", detail=detail)
    return [command for command in commands if command.pk not in forbidden]


@transaction.atomic
def report_command(
    *,
    command: Command,
    status: CommandStatus,
    result: Mapping[str, Any] | None = None,
    detail: str = "",
) -> Command:
    """Write what a gateway tells of a command; told twice is told once.

    A command that was cancelled or expired is refused: whoever begins one asks here first.
    Raises: CommandOver, if it ended or is further on; InvalidInput, for a result that is not of
    the action; AssetNotActive.
    """
    rows = Command.objects.select_related("device__asset").select_for_update(of=("self",))
    command = rows.get(pk=command.pk)
    if command.status == status:
        return command
    asset = command.device.asset
    if asset.status != AssetStatus.ACTIVE:
        raise AssetNotActive(asset=str(asset.pk), asset_status=asset.status)
    now = timezone.now()
    _check_told(command, status)
    values: dict[str, Any] = {"due_at": now + timedelta(seconds=command.timeout_s)}
    if status == CommandStatus.FAILED:
        values |= {"reason": "device-failed", "detail": detail}
    if result is not None:
        _check_result(command, result)
        values["result"] = dict(result)
    attempts = max(command.attempts, 1)
    return move([command], to=status, now=now, attempts=attempts, next_attempt_at=None, **values)[0]


def _check_told(command: Command, status: CommandStatus) -> None:
    waits = command.status == CommandStatus.AWAITING_APPROVAL or command.is_held
    is_late = command.due_at is not None and command.due_at <= timezone.now()
    if waits or command.is_over or is_late:
        raise CommandOver(command_status=command.status, wanted=status.value)


def _check_result(command: Command, result: Mapping[str, Any]) -> None:
    action = ActionType.objects.filter(device_type=command.device.type_id, key=command.action)
    schema = action.values_list("result", flat=True).first() or {}
    found = value_findings(dict(result), schema=schema, at=("result",))
    if len(str(result)) > MAX_RESULT_BYTES:
        detail = f"A result has at most {MAX_RESULT_BYTES} characters."
        raise InvalidInput([Finding("#/result", "too-large", detail)])
    if found:
        raise InvalidInput([(one.pointer, one.code, one.detail) for one in found])


def expire_commands() -> int:
    """End the commands that are due to end, and return how many they were.

    Safe beside others: each row is taken by one of them.
    """
    count = 0
    while batch := _expire_some():
        count += batch
    return count


@transaction.atomic
def _expire_some() -> int:
    now = timezone.now()
    rows = Command.objects.filter(status__in=OPEN_COMMANDS, due_at__lte=now).order_by("due_at")
    found = list(rows.select_for_update(of=("self",), skip_locked=True)[:MAX_EXPIRED])
    for status, (reason, detail) in REASONS.items():
        if group := [command for command in found if command.status == status]:
            move(group, to=CommandStatus.EXPIRED, now=now, reason=reason, detail=detail)
    return len(found)
