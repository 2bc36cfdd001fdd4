"""Two at once, on real connections: a command has one fate, and moves forward alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Organisation
from devices.choices import CommandStatus
from devices.errors import CommandOver, CommandUnderWay, Interlocked
from devices.models import Command, CommandStep, Device
from devices.services.commands.reports import expire_commands, fetch_commands, report_command
from devices.services.commands.requests import cancel_command
from devices.services.commands.sending import send_command
from tests.devices.commands.world import OFF, Wire, ask, make_plug
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def fate(command: Command) -> list[str]:
    rows = CommandStep.objects.filter(command=command).order_by("pk")
    return list(rows.values_list("status", flat=True))


def tell(command: Command, status: CommandStatus) -> Callable[[], Any]:
    return partial(report_command, command=command, status=status)


def kinds(outcomes: list[Any]) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_of_cancel_and_acknowledgement_one_wins(plug: Device) -> None:
    for _ in range(ROUNDS):
        command = ask(plug)

        outcomes = at_once(
            partial(cancel_command, command=command), tell(command, CommandStatus.ACKNOWLEDGED)
        )

        assert sum(isinstance(one, Command) for one in outcomes) == 1
        assert isinstance(
            next(one for one in outcomes if not isinstance(one, Command)),
            (CommandOver, CommandUnderWay),
        )
        assert fate(command) in (["queued", "cancelled"], ["queued", "acknowledged"])


def test_of_success_and_failure_one_is_the_end(plug: Device) -> None:
    for _ in range(ROUNDS):
        command = ask(plug)

        outcomes = at_once(
            tell(command, CommandStatus.SUCCEEDED), tell(command, CommandStatus.FAILED)
        )

        assert kinds(outcomes) == ["Command", "CommandOver"]
        assert len(fate(command)) == 2


def test_two_acknowledgements_are_one_step(plug: Device) -> None:
    command = ask(plug)

    outcomes = at_once(*[tell(command, CommandStatus.ACKNOWLEDGED)] * 2)

    assert kinds(outcomes) == ["Command", "Command"]
    assert fate(command) == ["queued", "acknowledged"]


def test_two_fetches_share_the_commands(plug: Device) -> None:
    keys = {ask(plug).pk for _ in range(6)}
    assert plug.gateway is not None

    fetches = at_once(*[partial(fetch_commands, gateway=plug.gateway, limit=50)] * 3)

    taken = [command.pk for found in fetches for command in found]
    assert (len(taken), set(taken)) == (6, keys)


def test_two_workers_send_a_command_once(wire: Wire, plug: Device) -> None:
    for _ in range(ROUNDS):
        command = ask(plug)

        at_once(*[partial(send_command, command.pk)] * 3)

    assert len(wire.orders) == ROUNDS


def test_two_sweeps_expire_a_command_once(plug: Device) -> None:
    commands = [ask(plug) for _ in range(4)]
    Command.objects.update(due_at="2026-01-01T00:00:00Z")

    counts = at_once(expire_commands, expire_commands)

    assert sum(counts) == 4
    assert all(fate(command) == ["queued", "expired"] for command in commands)


def test_interlock_sees_the_other_of_two_requests(organisation: Organisation) -> None:
    pump = make_plug(organisation, action={"interlocks": {"min_interval_s": 60}})

    outcomes = at_once(partial(ask, pump), partial(ask, pump, OFF))

    assert kinds(outcomes) == ["Command", "Interlocked"]
    assert next(one for one in outcomes if isinstance(one, Interlocked)).data["rule"] == "under-way"


def test_same_reference_at_once_is_one_command(plug: Device) -> None:
    outcomes = at_once(*[partial(ask, plug, reference="eve")] * 3)

    assert len({one.pk for one in outcomes}) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("succeeded", "failed"), ("sent", "queued"), ("cancelled", "sent"), ("expired", "succeeded")],
)
def test_database_refuses_a_move_backwards(plug: Device, before: str, after: str) -> None:
    command = ask(plug)
    Command.objects.update(status=before)

    with pytest.raises(IntegrityError, match="never goes"), transaction.atomic():
        Command.objects.filter(pk=command.pk).update(status=after)
