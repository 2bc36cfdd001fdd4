"""Commands as people and applications give them: ask, approve, cancel."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from devices.choices import CommandStatus
from devices.errors import (
    CommandOver,
    CommandReferenceReused,
    CommandUnderWay,
    SecondPersonRequired,
)
from devices.models import Command, CommandBatch, Device
from devices.services.commands.checks import Ready, examine, lock_devices
from devices.services.commands.moves import move
from devices.services.commands.wishes import Asker, Wish
from devices.signals import command_updated
from devices.transports import transport_of
from twin.rights import Level, Way


@transaction.atomic
def request_command(*, device: Device, wish: Wish, asker: Asker) -> Command:
    """Record a command for the device and announce it; it leaves after the commit.

    Returns: the command, ``queued`` or ``awaiting-approval``; for a reference that came before
    with the same action and parameters, the command of then.
    Raises: InvalidInput (action, parameters), AssetNotActive, DeviceNotControllable, Interlocked,
    CommandReferenceReused. Source: docs/models/devices/command.md.
    """
    (locked,) = lock_devices([device.pk])
    known = _known(locked, wish, asker)
    if known is not None:
        return known
    now = timezone.now()
    found = examine([locked], wish, now=now)
    if locked.pk in found.refused:
        raise found.refused[locked.pk]
    private = private_devices([locked.pk], asker)
    command = draft(locked, wish, ready=found.ready[locked.pk], asker=asker, now=now)
    command.is_private = locked.pk in private
    command.save(force_insert=True)
    command_updated.send(sender=Command, commands=[command])
    return command


def draft(
    device: Device,
    wish: Wish,
    *,
    ready: Ready,
    asker: Asker,
    now: datetime,
    batch: CommandBatch | None = None,
) -> Command:
    """Return the command that the wish makes for a device, not yet written."""
    action, expires_at = ready.action, now + timedelta(seconds=wish.expires_in)
    waits = action.needs_approval
    return Command(
        organisation_id=device.organisation_id,
        site=device.site_id,
        space=device.space_id,
        device=device,
        action=wish.action,
        parameters=dict(wish.parameters),
        reference=wish.reference,
        status=CommandStatus.AWAITING_APPROVAL if waits else CommandStatus.QUEUED,
        user=asker.user,
        application=asker.application,
        is_idempotent=action.is_idempotent,
        transport=ready.transport.key,
        timeout_s=action.timeout_s,
        expires_at=expires_at,
        due_at=expires_at,
        next_attempt_at=None if waits or ready.transport.is_fetched else now,
        batch=batch,
        created_at=now,
        updated_at=now,
    )


def private_devices(keys: Collection[UUID], asker: Asker) -> set[UUID]:
    """Return the devices that the caller operates because they live there (one query)."""
    rows = Device.objects.all()
    at_home = rows.reached(asker.principal, Level.CONTROL, ways={Way.OCCUPANCY})
    return set(rows.filter(at_home, node__id__any=list(keys)).values_list("pk", flat=True))


def _known(device: Device, wish: Wish, asker: Asker) -> Command | None:
    """Return the command that the reference stands for already."""
    if not wish.reference:
        return None
    rows = Command.objects.filter(device=device, reference=wish.reference)
    known: Command | None = rows.filter(user=asker.user, application=asker.application).first()
    if known is None or (known.action, known.parameters) == (wish.action, dict(wish.parameters)):
        return known
    raise CommandReferenceReused(command=str(known.pk))


@transaction.atomic
def approve_command(*, command: Command, asker: Asker) -> Command:
    """Let a command leave that waits for a second person.

    Raises: SecondPersonRequired, if no person approves, or the one who asked; CommandOver, if it
    does not wait for that; and whatever may have come in between, as for a new command.
    """
    (device,) = lock_devices([command.device_id])
    command = Command.objects.select_for_update(of=("self",)).get(pk=command.pk)
    if asker.user is None or asker.user == command.user:
        raise SecondPersonRequired()
    now = timezone.now()
    is_late = command.expires_at is not None and command.expires_at <= now
    if command.status != CommandStatus.AWAITING_APPROVAL or is_late:
        raise CommandOver(command_status=command.status, wanted=CommandStatus.QUEUED.value)
    wish = Wish(command.action, command.parameters)
    found = examine([device], wish, now=now, apart_from=[command.pk])
    if device.pk in found.refused:
        raise found.refused[device.pk]
    transport = found.ready[device.pk].transport
    changes: dict[str, Any] = {
        "approved_by": asker.user,
        "transport": transport.key,
        "next_attempt_at": None if transport.is_fetched else now,
    }
    return move([command], to=CommandStatus.QUEUED, **changes)[0]


@transaction.atomic
def cancel_command(*, command: Command) -> Command:
    """Cancel a command that has not left yet, or that its gateway has not begun; twice is once.

    Raises: CommandUnderWay, if it has left; CommandOver, if it has ended otherwise.
    """
    command = Command.objects.select_for_update(of=("self",)).get(pk=command.pk)
    if command.status == CommandStatus.CANCELLED:
        return command
    if command.is_over:
        raise CommandOver(command_status=command.status, wanted=CommandStatus.CANCELLED.value)
    is_sent = command.status == CommandStatus.SENT
    if command.status == CommandStatus.ACKNOWLEDGED or (
        is_sent and not transport_of(command.transport).is_fetched
    ):
        raise CommandUnderWay(command_status=command.status)
    return move([command], to=CommandStatus.CANCELLED, reason="cancelled")[0]
