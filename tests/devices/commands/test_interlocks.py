"""What keeps devices from harm: minimum off times, intervals, exclusions, tighter ranges."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation
from config.lib.errors import InvalidInput
from devices.choices import CommandStatus
from devices.errors import Interlocked
from devices.models import ActionType, Command, Device
from devices.services.catalogue import load_catalogue
from devices.services.commands.reports import fetch_commands, report_command
from devices.services.commands.requests import cancel_command
from devices.services.commands.sending import send_command
from devices.transports import Outcome
from tests.devices.commands.world import OFF, ON, Wire, ask, make_plug

pytestmark = pytest.mark.django_db


@pytest.fixture
def pump(organisation: Organisation) -> Device:
    """A compressor: five minutes off before it starts again."""
    return make_plug(organisation, action={"interlocks": {"min_off_s": 300}})


def done(command: Command, *, ago: float = 0, status: str = "succeeded") -> Command:
    """End a command, that many seconds ago."""
    report_command(command=command, status=CommandStatus(status))
    ended = timezone.now() - timedelta(seconds=ago)
    Command.objects.filter(pk=command.pk).update(finished_at=ended)
    return command


def rule_against(device: Device, parameters: Any = ON, **wish: Any) -> tuple[str, str | None]:
    with pytest.raises(Interlocked) as caught:
        ask(device, parameters, **wish)
    return caught.value.data["rule"], caught.value.data["retry_at"]


def test_compressor_stays_off_for_its_time(pump: Device) -> None:
    done(ask(pump, OFF), ago=290)

    rule, retry_at = rule_against(pump)

    assert rule == "min-off"
    assert retry_at is not None
    assert retry_at.endswith("Z")


def test_compressor_starts_after_its_time(pump: Device) -> None:
    done(ask(pump, OFF), ago=301)

    assert ask(pump).status == "queued"


@pytest.mark.parametrize(("before", "after"), [(ON, OFF), (OFF, OFF), (ON, ON)])
def test_minimum_off_time_is_about_off_and_then_on_alone(
    pump: Device, before: Any, after: Any
) -> None:
    done(ask(pump, before))

    assert ask(pump, after).status == "queued"


def test_what_failed_after_it_was_sent_counts_as_done(pump: Device) -> None:
    done(ask(pump, OFF), status="failed")

    assert rule_against(pump)[0] == "min-off"


def test_what_never_left_does_not_count(pump: Device) -> None:
    cancel_command(command=ask(pump, OFF))

    assert ask(pump).status == "queued"


def test_second_interlocked_command_waits_for_the_first(pump: Device) -> None:
    ask(pump, OFF)

    assert rule_against(pump) == ("under-way", None)


def test_interval_lies_between_two_commands(organisation: Organisation) -> None:
    boiler = make_plug(organisation, action={"interlocks": {"min_interval_s": 60}})
    done(ask(boiler), ago=50)
    assert rule_against(boiler, OFF)[0] == "min-interval"

    Command.objects.update(finished_at=timezone.now() - timedelta(seconds=61))

    assert ask(boiler, OFF).status == "queued"


def test_actions_exclude_each_other_while_under_way(organisation: Organisation) -> None:
    boiler = make_plug(organisation, action={"interlocks": {"excludes": ["reset_fault"]}})
    boiler.type.actions.create(key="reset_fault", name="Reset", parameters={"type": "object"})
    reset = ask(boiler, {}, action="reset_fault")

    assert rule_against(boiler)[0] == "excludes"
    done(reset)

    assert ask(boiler).status == "queued"


@pytest.mark.parametrize(
    ("value", "is_allowed"), [(17, False), (18, True), (24, True), (25, False)]
)
def test_type_may_take_less_than_its_action(
    organisation: Organisation, value: int, is_allowed: bool
) -> None:
    allowed = {"temperature": {"minimum": 18, "maximum": 24}}
    action = {"parameters": {"type": "object"}, "interlocks": {"allowed": allowed}}
    thermostat = make_plug(organisation, action=action)

    if is_allowed:
        assert ask(thermostat, {"temperature": value}).status == "queued"
        return
    with pytest.raises(InvalidInput) as caught:
        ask(thermostat, {"temperature": value})
    (finding,) = caught.value.findings
    assert (finding.pointer, finding.code) == ("#/parameters/temperature", "interlock")


def test_devices_do_not_lock_each_other(pump: Device, organisation: Organisation) -> None:
    done(ask(pump, OFF))
    other = make_plug(organisation, action={"interlocks": {"min_off_s": 300}})

    assert ask(other).status == "queued"


def test_shipped_heat_pump_is_interlocked(organisation: Organisation) -> None:
    load_catalogue()
    pump = make_plug(organisation)
    pump.type = type(pump.type).objects.get(key="heat-pump")
    pump.save()
    done(ask(pump, OFF))

    assert rule_against(pump)[0] == "min-off"


def tighten(device: Device, **rules: Any) -> None:
    ActionType.objects.filter(device_type=device.type).update(interlocks=rules)


def test_interlocks_are_checked_again_when_a_command_leaves(wire: Wire, plug: Device) -> None:
    done(ask(plug, OFF))
    command = ask(plug)
    Command.objects.exclude(pk=command.pk).update(attempts=1)
    tighten(plug, min_off_s=300)

    send_command(command.pk)

    command.refresh_from_db()
    assert (wire.orders, command.status, command.reason) == ([], "failed", "interlocked")
    assert "min-off" in command.detail


def test_gateway_gets_no_command_that_is_forbidden_by_then(plug: Device) -> None:
    done(ask(plug, OFF))
    forbidden = ask(plug)
    tighten(plug, min_off_s=300)
    assert plug.gateway is not None

    assert fetch_commands(gateway=plug.gateway, limit=10) == []

    forbidden.refresh_from_db()
    assert (forbidden.status, forbidden.reason) == ("failed", "interlocked")


def test_of_two_that_exclude_each_other_the_first_to_leave_goes_on(
    wire: Wire, plug: Device
) -> None:
    plug.type.actions.create(
        key="reset",
        name="Reset",
        parameters={"type": "object"},
        interlocks={"excludes": ["switch"]},
    )
    wire.answers = [Outcome(CommandStatus.ACKNOWLEDGED)]
    second = ask(plug, {}, action="reset")
    first = ask(plug)

    for command in (first, second):
        send_command(command.pk)
        command.refresh_from_db()

    assert (first.status, second.status, second.reason) == ("acknowledged", "failed", "interlocked")


def test_what_leaves_is_not_forbidden_by_itself(wire: Wire, plug: Device) -> None:
    tighten(plug, min_interval_s=300, min_off_s=300)
    command = ask(plug)

    send_command(command.pk)

    command.refresh_from_db()
    assert command.status == "succeeded"
