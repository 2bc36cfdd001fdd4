"""Batches: one action asked of many devices, tried without effect first, then wave after wave.

All is set-wise: a batch of thousands costs as many statements as one of ten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.errors import DomainError, InvalidInput
from devices.choices import OPEN_COMMANDS, BatchStatus, CommandStatus
from devices.errors import BatchOver, BatchTooLarge
from devices.models import Command, CommandBatch, Device
from devices.services.commands.checks import examine, lock_devices
from devices.services.commands.moves import move
from devices.services.commands.requests import draft, private_devices
from devices.services.commands.wishes import Asker, Wish
from devices.signals import command_updated
from devices.transports import transport_of

MAX_TARGETS: Final = 10_000
FIELDS: Final = tuple(field.name for field in Command._meta.concrete_fields)
UNHAPPY: Final = (CommandStatus.FAILED, CommandStatus.EXPIRED)
WAITING: Final = (CommandStatus.AWAITING_APPROVAL, CommandStatus.QUEUED)
NO_ROLE: Final = {"code": "role-missing", "detail": "You see this device and may not operate it."}


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a batch is to do. ``stop_at`` is the share of failures that stops it, None for never."""

    organisation: UUID
    target: Mapping[str, Any]
    wish: Wish
    wave_size: int
    stop_at: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """The commands that a batch would make, in its order, and the devices that it would skip."""

    commands: Sequence[Command]
    skipped: Sequence[Mapping[str, str]]


@transaction.atomic
def try_batch(keys: Sequence[UUID], *, plan: BatchPlan, asker: Asker) -> Trial:
    """Return what a batch would do to the devices; nothing is written.

    Raises: BatchTooLarge.
    """
    return _try(keys, plan=plan, asker=asker, now=timezone.now())


@transaction.atomic
def start_batch(keys: Sequence[UUID], *, plan: BatchPlan, asker: Asker) -> CommandBatch:
    """Make the commands of a batch, those of its first wave ready to leave.

    Raises: BatchTooLarge; InvalidInput, if no device is left to be asked.
    """
    now = timezone.now()
    trial = _try(keys, plan=plan, asker=asker, now=now)
    if not trial.commands:
        detail = "None of the devices can be asked for this; a dry run tells why."
        raise InvalidInput([("#/target", "empty", detail)])
    batch = CommandBatch.objects.create(
        organisation_id=plan.organisation,
        target=dict(plan.target),
        action=plan.wish.action,
        parameters=dict(plan.wish.parameters),
        expires_in=plan.wish.expires_in,
        wave_size=plan.wave_size,
        waves=-(-len(trial.commands) // plan.wave_size),
        wave=1,
        stop_at=plan.stop_at,
        total=len(trial.commands),
        skipped=list(trial.skipped),
        user=asker.user,
        application=asker.application,
    )
    _make(trial.commands, batch)
    return batch


def _try(keys: Sequence[UUID], *, plan: BatchPlan, asker: Asker, now: datetime) -> Trial:
    if len(keys) > MAX_TARGETS:
        raise BatchTooLarge(given=len(keys), limit=MAX_TARGETS)
    rows = Device.objects.all().controllable_by(asker.principal).filter(node__id__any=list(keys))
    operable = set(rows.values_list("pk", flat=True))
    devices = lock_devices(operable)
    found = examine(devices, plan.wish, now=now)
    private = private_devices(list(found.ready), asker)
    commands = []
    for device in devices:
        if ready := found.ready.get(device.pk):
            command = draft(device, plan.wish, ready=ready, asker=asker, now=now)
            command.is_private = device.pk in private
            commands.append(command)
    skipped = [{"device": str(key), **NO_ROLE} for key in keys if key not in operable]
    skipped += (_skipped(key, error) for key, error in found.refused.items())
    return Trial(commands, skipped)


def _skipped(device: UUID, error: DomainError) -> dict[str, str]:
    detail = str(error)
    if isinstance(error, InvalidInput):
        detail = " ".join(finding.detail for finding in error.findings)
    return {"device": str(device), "code": error.slug, "detail": detail}


def _make(commands: Sequence[Command], batch: CommandBatch) -> None:
    """Write the commands with one statement; later waves are held back."""
    for number, command in enumerate(commands):
        command.batch = batch
        command.wave = number // batch.wave_size + 1
        if command.wave > 1:
            command.is_held = True
            command.next_attempt_at = command.expires_at = command.due_at = None
    names = [field.attname for field in Command._meta.concrete_fields]
    rows = ([getattr(command, name) for name in names] for command in commands)
    copy_rows(Command, fields=FIELDS, rows=rows)
    command_updated.send(sender=Command, commands=commands)


def running_batches() -> list[UUID]:
    """Return the batches at work, oldest first (one query)."""
    rows = CommandBatch.objects.filter(status=BatchStatus.RUNNING).order_by("pk")
    return list(rows.values_list("pk", flat=True))


@transaction.atomic
def advance_batch(batch_id: UUID) -> None:
    """Start the next wave once the last one is over, stop at the error rate, or end the batch.

    Safe to run twice and beside others.
    """
    rows = CommandBatch.objects.filter(pk=batch_id, status=BatchStatus.RUNNING)
    batch = rows.select_for_update(skip_locked=True).first()
    if batch is None:
        return
    started = _counts(batch, wave__lte=batch.wave)
    if any(started.get(status) for status in OPEN_COMMANDS):
        return
    if _is_too_bad(batch, started):
        _end(batch, BatchStatus.STOPPED, reason="batch-stopped")
    elif batch.wave >= batch.waves:
        _end(batch, BatchStatus.DONE)
    else:
        _start_wave(batch)


def _counts(batch: CommandBatch, **where: Any) -> dict[str, int]:
    rows = Command.objects.filter(batch=batch, **where).order_by()
    return dict(rows.values_list("status").annotate(Count("pk")))


def _is_too_bad(batch: CommandBatch, started: Mapping[str, int]) -> bool:
    over = sum(started.values())
    unhappy = sum(started.get(status, 0) for status in UNHAPPY)
    return batch.stop_at is not None and over > 0 and unhappy / over > batch.stop_at


def _start_wave(batch: CommandBatch) -> None:
    batch.wave += 1
    now = timezone.now()
    expires_at = now + timedelta(seconds=batch.expires_in)
    wave = Command.objects.filter(batch=batch, wave=batch.wave, is_held=True)
    wave.update(is_held=False, expires_at=expires_at, due_at=expires_at, updated_at=now)
    pushed = [key for key in _ways(wave.model, batch) if not transport_of(key).is_fetched]
    ready = Command.objects.filter(batch=batch, wave=batch.wave, transport__in=pushed)
    ready.filter(status=CommandStatus.QUEUED).update(next_attempt_at=now)
    batch.save(update_fields=["wave", "updated_at"])


def _ways(model: type[Command], batch: CommandBatch) -> set[str]:
    rows = model.objects.filter(batch=batch, wave=batch.wave).order_by()
    return set(rows.values_list("transport", flat=True).distinct())


@transaction.atomic
def cancel_batch(batch: CommandBatch) -> CommandBatch:
    """Cancel what has not left yet, and start no further wave.

    Raises: BatchOver, if it has ended already; twice is once.
    """
    batch = CommandBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.status == BatchStatus.CANCELLED:
        return batch
    if batch.status != BatchStatus.RUNNING:
        raise BatchOver(batch_status=batch.status)
    return _end(batch, BatchStatus.CANCELLED, reason="cancelled")


def _end(batch: CommandBatch, status: BatchStatus, *, reason: str = "") -> CommandBatch:
    rows = Command.objects.filter(batch=batch, status__in=WAITING).order_by("pk")
    left = list(rows.select_for_update(of=("self",)))
    if left:
        move(left, to=CommandStatus.CANCELLED, reason=reason)
    batch.status, batch.finished_at = status, timezone.now()
    batch.save(update_fields=["status", "finished_at", "updated_at"])
    return batch


def count_commands(batches: Iterable[CommandBatch]) -> None:
    """Tell each batch how many of its commands are in each state (one query)."""
    found = {batch.pk: batch for batch in batches}
    for batch in found.values():
        batch.commands_by_status = {}
    rows = Command.objects.filter(batch__in=found).order_by()
    for key, status, count in rows.values_list("batch", "status").annotate(Count("pk")):
        found[key].commands_by_status[status] = count
