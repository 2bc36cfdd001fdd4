"""Gateways fetch the commands for the devices behind them and tell what came of each."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Application, Organisation, User
from devices.models import Command, CommandStep, Device
from devices.services.commands.reports import expire_commands
from tests.conftest import Client
from tests.devices.commands.world import ask, make_plug
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db


def fetch(client: Any, device: Device, **body: Any) -> list[dict[str, Any]]:
    response = client.post(f"/api/v1/gateways/{device.gateway_id}/commands/fetch/", body)
    assert response.status_code == HTTPStatus.OK, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def tell(client: Any, command: Command, **told: Any) -> Any:
    return client.post(f"/api/v1/commands/{command.pk}/status/", told)


def steps(command: Command) -> list[str]:
    rows = CommandStep.objects.filter(command=command).order_by("pk")
    return list(rows.values_list("status", flat=True))


def test_gateway_fetches_begins_and_ends_a_command(
    as_: Client, box: Application, plug: Device
) -> None:
    command, client = ask(plug), as_(box)

    (found,) = fetch(client, plug)
    begun = tell(client, command, status="acknowledged")
    ended = tell(client, command, status="succeeded", result={"on": True})

    assert (found["id"], found["status"]) == (str(command.pk), "sent")
    assert (begun.status_code, ended.json()["result"]) == (HTTPStatus.OK, {"on": True})
    assert steps(command) == ["queued", "sent", "acknowledged", "succeeded"]


def test_each_command_is_handed_over_once_and_stays_listed(
    as_: Client, box: Application, plug: Device
) -> None:
    keys, client = [str(ask(plug).pk) for _ in range(3)], as_(box)

    taken = [[row["id"] for row in fetch(client, plug, limit=2)] for _ in range(3)]

    assert taken == [keys[:2], keys[2:], []]
    listed = client.get(f"/api/v1/gateways/{plug.gateway_id}/commands/").json()["results"]
    assert [row["id"] for row in listed] == keys


def test_gateway_that_was_away_gets_what_waited(
    as_: Client, box: Application, plug: Device
) -> None:
    late = ask(plug, expires_in=5)
    waiting = ask(plug, expires_in=3_600)
    Command.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(seconds=1))

    expire_commands()
    found = fetch(as_(box), plug)

    assert [row["id"] for row in found] == [str(waiting.pk)]
    late.refresh_from_db()
    assert (late.status, late.reason) == ("expired", "not-sent")


def test_commands_behind_another_gateway_do_not_exist(
    as_: Client, box: Application, plug: Device, organisation: Organisation
) -> None:
    other = make_plug(organisation)
    command, client = ask(other), as_(box)

    elsewhere = client.post(f"/api/v1/gateways/{other.gateway_id}/commands/fetch/")

    assert_problem(elsewhere, HTTPStatus.NOT_FOUND)
    assert_problem(tell(client, command, status="acknowledged"), HTTPStatus.NOT_FOUND)
    assert fetch(client, plug) == []


def test_people_neither_fetch_nor_tell(as_: Client, alice: User, plug: Device) -> None:
    command, client = ask(plug), as_(alice)

    fetched = client.post(f"/api/v1/gateways/{plug.gateway_id}/commands/fetch/")
    told = tell(client, command, status="succeeded")

    for response in (fetched, told):
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")
    assert steps(command) == ["queued"]


def test_gateway_neither_asks_nor_cancels(as_: Client, box: Application, plug: Device) -> None:
    command, client = ask(plug), as_(box)

    asked = client.post(f"/api/v1/devices/{plug.pk}/commands/", {"action": "switch"})
    cancelled = client.post(f"/api/v1/commands/{command.pk}/cancel/")

    for response in (asked, cancelled):
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


def test_cancelled_command_may_not_be_begun(
    as_: Client, box: Application, alice: User, plug: Device
) -> None:
    command, client = ask(plug), as_(box)
    fetch(client, plug)

    cancelled = as_(alice).post(f"/api/v1/commands/{command.pk}/cancel/")
    begun = tell(client, command, status="acknowledged")

    assert cancelled.json()["status"] == "cancelled"
    assert_problem(begun, HTTPStatus.CONFLICT, "command-over", command_status="cancelled")


def test_begun_command_cannot_be_cancelled(
    as_: Client, box: Application, alice: User, plug: Device
) -> None:
    command = ask(plug)
    tell(as_(box), command, status="acknowledged")

    response = as_(alice).post(f"/api/v1/commands/{command.pk}/cancel/")

    assert_problem(response, HTTPStatus.CONFLICT, "command-under-way")


def test_what_is_told_twice_counts_once(as_: Client, box: Application, plug: Device) -> None:
    command, client = ask(plug), as_(box)

    answers = [tell(client, command, status="succeeded") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [HTTPStatus.OK] * 2
    assert steps(command) == ["queued", "succeeded"]


def test_an_end_is_final(as_: Client, box: Application, plug: Device) -> None:
    command, client = ask(plug), as_(box)
    tell(client, command, status="failed", detail="The relay is stuck.")

    response = tell(client, command, status="succeeded")

    assert_problem(response, HTTPStatus.CONFLICT, "command-over", command_status="failed")
    command.refresh_from_db()
    assert (command.reason, command.detail) == ("device-failed", "The relay is stuck.")


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"status": "queued"}, "#/status"),
        ({"status": "cancelled"}, "#/status"),
        ({"status": "succeeded", "result": {"on": "yes"}}, "#/result/on"),
        ({"status": "succeeded", "result": 3}, "#/result"),
    ],
)
def test_what_is_told_wrongly_is_pointed_at(
    as_: Client, box: Application, plug: Device, told: dict[str, Any], pointer: str
) -> None:
    response = tell(as_(box), ask(plug), **told)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


@pytest.mark.parametrize(
    ("told", "reason"),
    [(None, "not-sent"), ("fetch", "no-answer"), ("acknowledged", "no-outcome")],
)
def test_silence_ends_in_expired(
    as_: Client, box: Application, plug: Device, told: str | None, reason: str
) -> None:
    command, client = ask(plug), as_(box)
    if told == "fetch":
        fetch(client, plug)
    elif told:
        tell(client, command, status=told)
    Command.objects.update(due_at=timezone.now())

    assert (expire_commands(), expire_commands()) == (1, 0)

    command.refresh_from_db()
    assert (command.status, command.reason) == ("expired", reason)
    assert_problem(tell(client, command, status="succeeded"), HTTPStatus.CONFLICT, "command-over")


def test_suspended_device_is_handed_no_command(as_: Client, box: Application, plug: Device) -> None:
    command, client = ask(plug), as_(box)
    plug.asset.status = "suspended"
    plug.asset.save()

    assert fetch(client, plug) == []
    told = tell(client, command, status="succeeded")
    assert_problem(told, HTTPStatus.CONFLICT, "asset-not-active")
