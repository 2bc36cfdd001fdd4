"""Commands that need a second person wait for one, and end if nobody comes."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Application, Organisation, User
from devices.models import Command, Device
from devices.services.commands.reports import expire_commands
from tests.conftest import Client
from tests.devices.commands.world import make_plug
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {"action": "switch", "parameters": {"on": True}}


@pytest.fixture
def valve(organisation: Organisation) -> Device:
    return make_plug(organisation, action={"needs_approval": True})


def asked(client: Any, device: Device) -> str:
    body = client.post(f"/api/v1/devices/{device.pk}/commands/", BODY).json()
    assert body["status"] == "awaiting-approval"
    return f"/api/v1/commands/{body['id']}/"


def test_second_person_lets_it_leave(as_: Client, alice: User, bob: User, valve: Device) -> None:
    url = asked(as_(bob), valve)

    response = as_(alice).post(f"{url}approve/")

    body = response.json()
    assert (response.status_code, body["status"]) == (HTTPStatus.OK, "queued")
    assert body["approved_by"] == str(alice.pk)
    assert [step["status"] for step in body["steps"]] == ["awaiting-approval", "queued"]


def test_nobody_approves_what_they_asked_for(as_: Client, bob: User, valve: Device) -> None:
    url = asked(as_(bob), valve)

    response = as_(bob).post(f"{url}approve/")

    assert_problem(response, HTTPStatus.FORBIDDEN, "second-person-required")


def test_application_is_no_person(
    as_: Client, bob: User, meter_app: Application, valve: Device
) -> None:
    url = asked(as_(bob), valve)

    response = as_(meter_app).post(f"{url}approve/")

    assert_problem(response, HTTPStatus.FORBIDDEN, "second-person-required")


def test_viewer_approves_nothing(as_: Client, bob: User, vera: User, valve: Device) -> None:
    url = asked(as_(bob), valve)

    assert_problem(as_(vera).post(f"{url}approve/"), HTTPStatus.FORBIDDEN, "role-missing")


def test_stranger_sees_nothing_to_approve(
    as_: Client, bob: User, charlie: User, valve: Device
) -> None:
    url = asked(as_(bob), valve)

    assert_problem(as_(charlie).post(f"{url}approve/"), HTTPStatus.NOT_FOUND)


def test_what_waits_is_not_handed_to_the_gateway(as_: Client, bob: User, valve: Device) -> None:
    asked(as_(bob), valve)
    assert valve.gateway is not None
    assert valve.gateway.application is not None

    fetched = as_(valve.gateway.application).post(
        f"/api/v1/gateways/{valve.gateway_id}/commands/fetch/"
    )

    assert fetched.json() == {"results": []}


def test_approval_comes_once_and_in_time(
    as_: Client, alice: User, bob: User, valve: Device
) -> None:
    url = asked(as_(bob), valve)
    as_(alice).post(f"{url}approve/")

    again = as_(alice).post(f"{url}approve/")

    assert_problem(again, HTTPStatus.CONFLICT, "command-over", command_status="queued")


def test_nobody_came_is_an_end_with_its_reason(
    as_: Client, alice: User, bob: User, valve: Device
) -> None:
    url = asked(as_(bob), valve)
    past = timezone.now() - timedelta(seconds=1)
    Command.objects.update(due_at=past, expires_at=past)

    late = as_(alice).post(f"{url}approve/")
    expire_commands()

    assert_problem(late, HTTPStatus.CONFLICT, "command-over")
    body = as_(bob).get(url).json()
    assert (body["status"], body["reason"]) == ("expired", "not-approved")


def test_device_suspended_meanwhile_is_not_approved(
    as_: Client, alice: User, bob: User, valve: Device
) -> None:
    url = asked(as_(bob), valve)
    valve.asset.status = "suspended"
    valve.asset.save()

    assert_problem(as_(alice).post(f"{url}approve/"), HTTPStatus.CONFLICT, "asset-not-active")
