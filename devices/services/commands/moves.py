"""The one way in which commands move: locked before, written set-wise, told in the transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from devices.choices import OPEN_COMMANDS, CommandStatus
from devices.models import Command
from devices.signals import command_updated


def move(
    commands: Sequence[Command],
    *,
    to: CommandStatus,
    now: datetime | None = None,
    **changes: Any,
) -> list[Command]:
    """Move locked commands to a status, with one statement, and tell of it.

    Needs an open transaction that holds the rows. The database refuses a move backwards.
    """
    moment = now or timezone.now()
    values = {"reason": "", "detail": "", **changes, "status": to, "updated_at": moment}
    if to not in OPEN_COMMANDS:
        values |= {"finished_at": moment, "next_attempt_at": None, "due_at": None}
    Command.objects.filter(pk__any=[command.pk for command in commands]).update(**values)
    for command in commands:
        for name, value in values.items():
            setattr(command, name, value)
    if commands:
        command_updated.send(sender=Command, commands=list(commands))
    return list(commands)
