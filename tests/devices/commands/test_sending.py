"""Commands that are pushed: claimed once, sent outside of transactions, their outcome written."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from devices.choices import CommandStatus
from devices.models import Command, CommandStep, Device
from devices.services.commands import sending
from devices.services.commands.reports import expire_commands
from devices.services.commands.sending import due_commands, send_command
from devices.transports import Order, Outcome, TransportError
from tests.devices.commands.world import ON, Wire, ask, make_plug, pass_time

pytestmark = pytest.mark.django_db
UNREACHABLE = TransportError("The line is dead.", code="unreachable", permanent=False)
REFUSED = TransportError("The key is wrong.", code="refused", permanent=True)
SILENT = TransportError("Nobody answers.", code="no-answer", permanent=False)


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it."""


@pytest.fixture
def lamp(organisation: Any) -> Device:
    """A device whose switch may be sent twice."""
    return make_plug(organisation, action={"is_idempotent": True})


def steps(command: Command) -> list[tuple[str, int, str]]:
    rows = CommandStep.objects.filter(command=command).order_by("pk")
    return list(rows.values_list("status", "attempt", "reason"))


def send(command: Command) -> Command:
    send_command(command.pk)
    command.refresh_from_db()
    return command


def test_command_is_sent_and_its_result_kept(wire: Wire, plug: Device) -> None:
    command = send(ask(plug))

    assert (command.status, command.result) == ("succeeded", {"on": True})
    assert [step[0] for step in steps(command)] == ["queued", "sent", "succeeded"]
    assert (command.finished_at, command.due_at) != (None, None)


def test_command_that_was_sent_is_not_sent_again(wire: Wire, plug: Device) -> None:
    command = ask(plug)

    for _ in range(3):
        send_command(command.pk)

    assert len(wire.orders) == 1
    assert due_commands() == []


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_the_call(wire: Wire, plug: Device) -> None:
    open_ones: list[bool] = []

    def look(order: Order) -> Outcome:
        open_ones.append(connection.in_atomic_block)
        return Outcome(result=dict(ON))

    wire.answers = [look]
    send_command(ask(plug).pk)

    assert open_ones == [False]


def test_passing_fault_of_an_idempotent_command_is_tried_again(wire: Wire, lamp: Device) -> None:
    wire.answers = [UNREACHABLE, Outcome()]
    command = send(ask(lamp))
    waiting = (command.status, command.reason, due_commands())
    pass_time(3)

    assert due_commands() == [command.pk]
    send(command)

    assert waiting == ("sent", "unreachable", [])
    assert steps(command) == [
        ("queued", 0, ""),
        ("sent", 1, ""),
        ("sent", 1, "unreachable"),
        ("sent", 2, ""),
        ("succeeded", 2, ""),
    ]


def test_waits_between_attempts_grow_and_obey_the_far_end(wire: Wire, lamp: Device) -> None:
    limited = TransportError("Slow down.", code="limited", permanent=False, retry_after_s=100)
    wire.answers = [UNREACHABLE, UNREACHABLE, limited]
    command, waits = ask(lamp), []
    for _ in range(3):
        send(command)
        assert command.next_attempt_at is not None
        waits.append((command.next_attempt_at - timezone.now()).total_seconds())
        Command.objects.update(next_attempt_at=timezone.now())

    assert [round(wait / 1.05, -1 if wait > 50 else 0) for wait in waits] == [2, 5, 100]


def test_passing_fault_of_any_other_command_is_its_end(wire: Wire, plug: Device) -> None:
    wire.answers = [UNREACHABLE]

    command = send(ask(plug))

    assert (command.status, command.reason) == ("failed", "unreachable")
    assert command.detail == "The line is dead."


def test_lasting_fault_is_the_end(wire: Wire, lamp: Device) -> None:
    wire.answers = [REFUSED]

    command = send(ask(lamp))

    assert (command.status, command.reason) == ("failed", "refused")


def test_silence_is_told_as_expired_since_the_device_may_have_acted(
    wire: Wire, plug: Device
) -> None:
    wire.answers = [SILENT]

    command = send(ask(plug))

    assert (command.status, command.reason) == ("expired", "no-answer")


def test_command_that_may_not_be_begun_any_more_is_not_sent(wire: Wire, plug: Device) -> None:
    command = ask(plug, expires_in=5)
    pass_time(6)

    send(command)
    expire_commands()

    command.refresh_from_db()
    assert (wire.orders, command.status, command.reason) == ([], "expired", "not-sent")


def test_suspended_asset_stops_what_was_queued(wire: Wire, plug: Device) -> None:
    command = ask(plug)
    plug.asset.status = "suspended"
    plug.asset.save()

    send(command)

    assert (wire.orders, command.status, command.reason) == ([], "failed", "asset-not-active")


def test_worker_killed_before_the_outcome_never_doubles_a_command(
    wire: Wire, plug: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ask(plug)
    monkeypatch.setattr(sending, "_take_outcome", _killed)
    with pytest.raises(Killed):
        send_command(command.pk)
    monkeypatch.undo()
    pass_time(46)

    assert due_commands() == []
    assert expire_commands() == 1

    command.refresh_from_db()
    assert (len(wire.orders), command.status, command.reason) == (1, "expired", "no-answer")


def test_worker_killed_before_the_outcome_repeats_what_is_harmless(
    wire: Wire, lamp: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ask(lamp)
    monkeypatch.setattr(sending, "_take_outcome", _killed)
    with pytest.raises(Killed):
        send_command(command.pk)
    monkeypatch.undo()
    assert (due_commands(), expire_commands()) == ([], 0)
    pass_time(46)

    send(command)

    assert (len(wire.orders), command.status, command.attempts) == (2, "succeeded", 2)


def _killed(*args: Any) -> None:
    raise Killed


def test_late_outcome_of_a_command_that_ended_changes_nothing(wire: Wire, plug: Device) -> None:
    def expire_meanwhile(order: Order) -> Outcome:
        Command.objects.update(due_at=timezone.now())
        expire_commands()
        return Outcome(result=dict(ON))

    wire.answers = [expire_meanwhile]

    command = send(ask(plug))

    assert (command.status, command.result) == ("expired", None)


def test_acknowledgement_alone_waits_for_its_outcome_and_ends(wire: Wire, plug: Device) -> None:
    wire.answers = [Outcome(CommandStatus.ACKNOWLEDGED)]
    command = send(ask(plug))
    assert command.status == "acknowledged"
    pass_time(46)

    expire_commands()

    command.refresh_from_db()
    assert (command.status, command.reason) == ("expired", "no-outcome")
