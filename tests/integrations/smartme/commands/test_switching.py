"""Meters of the smart-me cloud are switched over HTTP, and what they show is read back."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import ActionType, Command, Device
from devices.services.catalogue import load_catalogue
from devices.services.commands.sending import send_command
from integrations.models import Connection
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import build_account
from tests.devices.commands.world import OFF, ask
from tests.devices.factories import make_fleet
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import link_of, make_connection, sync

pytestmark = pytest.mark.django_db
SWITCHING, READING = "switching-key", "reading-key"
METERS = [{"serial": 1, "kind": "plug", "name": "Plug"}, {"serial": 2, "kind": "telstar"}]
KEYS = [
    {"key": SWITCHING, "claims": ["device.readswitch"]},
    {"key": READING, "claims": ["device.read"]},
]


@pytest.fixture
def cloud(settings: Any) -> Any:
    account = build_account({"name": "tilleuls", "api_keys": KEYS, "meters": METERS})
    with Simulator(SmartMeCloud([account])) as simulator:
        running = Cloud(simulator)
        settings.SMARTME_API_URL = running.url
        yield running
        running.http.close()


@pytest.fixture
def connect(cloud: Cloud, organisation: Organisation) -> Callable[..., Connection]:
    def with_key(key: str = SWITCHING) -> Connection:
        load_catalogue()
        connection = make_connection(make_fleet(organisation), api_key=key)
        assert sync(connection).outcome == "ok"
        return connection

    return with_key


def device_of(connection: Connection, serial: int) -> Device:
    device: Device | None = link_of(connection, serial).device
    assert device is not None
    return device


def sent(command: Command) -> Command:
    send_command(command.pk)
    command.refresh_from_db()
    return command


def switchings(cloud: Cloud, number: int = 0) -> list[bool]:
    return cloud.inner.accounts["tilleuls"].meters[number].switchings


def test_plug_is_switched_and_shows_it(connect: Callable[..., Connection], cloud: Cloud) -> None:
    plug = device_of(connect(), 1)

    off, on = sent(ask(plug, OFF)), sent(ask(plug))

    assert [(one.status, one.transport) for one in (off, on)] == [("succeeded", "smartme")] * 2
    assert (off.result, on.result) == ({"on": False}, {"on": True})
    assert switchings(cloud) == [False, True]


def test_output_that_the_meter_lacks_is_told(connect: Callable[..., Connection]) -> None:
    meter = device_of(connect(), 2)
    relay = ask(meter, {"output": 1, "value": 1}, action="set_output")

    command = sent(relay)

    assert (command.status, command.reason) == ("failed", "not-switchable")


def test_output_is_set_and_shows_it(connect: Callable[..., Connection], cloud: Cloud) -> None:
    meter = device_of(connect(), 2)

    command = sent(ask(meter, {"output": 2, "value": 0}, action="set_output"))

    assert (command.status, command.result) == ("succeeded", {"value": 0.0})
    assert switchings(cloud, 1) == [False]


def test_key_that_may_only_read_is_told_what_it_lacks(
    connect: Callable[..., Connection], cloud: Cloud
) -> None:
    command = sent(ask(device_of(connect(READING), 1)))

    assert (command.status, command.reason) == ("failed", "refused")
    assert "device.readswitch" in command.detail
    assert switchings(cloud) == []


def test_cloud_that_is_down_is_tried_again(
    connect: Callable[..., Connection], cloud: Cloud
) -> None:
    plug = device_of(connect(), 1)
    cloud.fault("status", status=503)

    command = sent(ask(plug, OFF))

    assert (command.status, command.reason) == ("sent", "unreachable")
    cloud.heal()
    Command.objects.update(next_attempt_at=command.created_at)
    assert sent(command).status == "succeeded"
    assert switchings(cloud) == [False]


def test_meter_that_does_not_follow_is_not_told_as_done(
    connect: Callable[..., Connection], cloud: Cloud
) -> None:
    plug = device_of(connect(), 1)
    ActionType.objects.filter(device_type=plug.type, key="switch").update(
        timeout_s=4, is_idempotent=False
    )
    cloud.inner.accounts["tilleuls"].meters[0].overrides["SwitchOn"] = True

    command = sent(ask(plug, OFF))

    assert (command.status, command.reason) == ("expired", "no-answer")


def test_paused_connection_carries_nothing(connect: Callable[..., Connection]) -> None:
    connection = connect()
    plug = device_of(connection, 1)
    command = ask(plug)
    Connection.objects.update(status="paused")

    assert (sent(command).status, command.reason) == ("failed", "not-connected")
