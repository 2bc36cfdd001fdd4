"""Commands on their way out: claimed in a transaction, sent outside of any, the outcome written.

A claim is a conditional update. A command that may be sent twice without harm comes up again when
its worker died; any other is never sent a second time and ends ``expired``.
"""

from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from devices.choices import AssetStatus, CommandStatus
from devices.models import Command
from devices.services.commands.checks import hold_devices
from devices.services.commands.interlocks import forbidden_to_leave
from devices.services.commands.moves import move
from devices.transports import Order, Outcome, TransportError, transport_of

logger = structlog.get_logger(__name__)
RETRY_AFTER_S = (2, 5, 15, 30, 60)
JITTER = 0.1
CHANCE = SystemRandom()
# A worker writes what came of a call within its time-out and this; then it counts as dead.
GRACE = timedelta(seconds=15)
NO_ANSWER = "no-answer"
MAX_DUE = 500


def due_commands(*, limit: int = MAX_DUE) -> list[UUID]:
    """Return the commands that may be sent now, the longest waiting first (one query)."""
    rows = _sendable(timezone.now()).order_by("next_attempt_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def _sendable(now: datetime) -> QuerySet[Command]:
    return Command.objects.filter(
        status__in=[CommandStatus.QUEUED, CommandStatus.SENT],
        next_attempt_at__lte=now,
        expires_at__gt=now,
        is_held=False,
    )


def send_command(command_id: UUID) -> None:
    """Send a command if it is due and nobody else has it; safe to run twice and beside others."""
    claimed = _claim(command_id)
    if claimed is None:
        return
    command, order = claimed
    try:
        outcome = transport_of(command.transport).send(order)
    except TransportError as error:
        _take_failure(order, error)
    else:
        _take_outcome(order, outcome)


@transaction.atomic
def _claim(command_id: UUID) -> tuple[Command, Order] | None:
    """Put the attempt on record before it is made."""
    now = timezone.now()
    rows = _sendable(now).filter(pk=command_id).select_related("device__asset")
    hold_devices(rows.values_list("device", flat=True))
    command = rows.select_for_update(of=("self",), skip_locked=True).first()
    if command is None:
        return None
    if fault := _fault(command, now):
        reason, detail = fault
        move([command], to=CommandStatus.FAILED, reason=reason, detail=detail)
        return None
    over_at = now + timedelta(seconds=command.timeout_s) + GRACE
    again = over_at if command.is_idempotent else None
    due_at = max(command.expires_at or over_at, over_at) if again else over_at
    attempts = command.attempts + 1
    times = {"next_attempt_at": again, "due_at": due_at}
    move([command], to=CommandStatus.SENT, attempts=attempts, now=now, **times)
    return command, _order(command)


def _fault(command: Command, now: datetime) -> tuple[str, str] | None:
    """Return why the command may not leave any more, as reason and detail."""
    if command.device.asset.status != AssetStatus.ACTIVE:
        return "asset-not-active", f"The asset of the device is {command.device.asset.status}."
    forbidden = forbidden_to_leave([command], now=now)
    return ("interlocked", forbidden[command.pk]) if forbidden else None


def _order(command: Command) -> Order:
    return Order(
        command=command.pk,
        device=command.device_id,
        action=command.action,
        parameters=command.parameters,
        timeout_s=command.timeout_s,
        attempt=command.attempts,
    )


@transaction.atomic
def _take_outcome(order: Order, outcome: Outcome) -> None:
    """Write what came of it, whichever attempt it was, unless the command has ended since."""
    command = _locked(order.command, CommandStatus.SENT)
    if command is None:
        logger.warning("command_outcome_too_late", command=str(order.command))
        return
    now = timezone.now()
    due_at = now + timedelta(seconds=command.timeout_s) + GRACE
    values = {"result": dict(outcome.result), "next_attempt_at": None, "due_at": due_at}
    move([command], to=outcome.status, now=now, **values)


@transaction.atomic
def _take_failure(order: Order, error: TransportError) -> None:
    """Try again later if that is harmless and there is time; else the command ends here."""
    command = _locked(order.command, CommandStatus.SENT)
    if command is None or command.attempts != order.attempt:
        return
    told: dict[str, Any] = {"reason": error.code, "detail": error.detail}
    again = None if error.permanent else _next_attempt(command, error)
    if again is not None:
        move([command], to=CommandStatus.SENT, next_attempt_at=again, **told)
        return
    is_unknown = error.code == NO_ANSWER
    move([command], to=CommandStatus.EXPIRED if is_unknown else CommandStatus.FAILED, **told)


def _locked(command_id: UUID, *statuses: CommandStatus) -> Command | None:
    rows = Command.objects.filter(pk=command_id, status__in=statuses)
    return rows.select_for_update(of=("self",)).first()


def _next_attempt(command: Command, error: TransportError) -> datetime | None:
    """Return when to try again; None if that might act twice or would be too late."""
    if not command.is_idempotent:
        return None
    wait = float(RETRY_AFTER_S[min(command.attempts, len(RETRY_AFTER_S)) - 1])
    wait = max(wait, error.retry_after_s or 0.0) * (1 + JITTER * CHANCE.random())
    again = timezone.now() + timedelta(seconds=wait)
    return again if command.expires_at is None or again < command.expires_at else None
