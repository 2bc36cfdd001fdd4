"""Ask a device to act: 202 and queued, or refused with a reason."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from devices.choices import AssetStatus
from devices.models import Command, Device
from integrations.models import Event
from tests.conftest import Client
from tests.devices.commands.world import make_plug, make_switch
from tests.devices.factories import make_device
from tests.factories import make_b2c_user
from tests.problems import assert_problem
from tests.twin.factories import make_home, make_site_member, make_space

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {"action": "switch", "parameters": {"on": True}, "expires_in": 300}


def url(device: Device) -> str:
    return f"/api/v1/devices/{device.pk}/commands/"


def test_command_is_queued_with_its_first_step(as_: Client, bob: User, plug: Device) -> None:
    response = as_(bob).post(url(plug), BODY)

    body = response.json()
    assert (response.status_code, body["status"]) == (HTTPStatus.ACCEPTED, "queued")
    assert body["user"] == str(bob.pk)
    shown = as_(bob).get(f"/api/v1/commands/{body['id']}/").json()
    assert [step["status"] for step in shown["steps"]] == ["queued"]
    assert shown["parameters"] == {"on": True}


def test_command_is_told_and_audited_in_its_transaction(
    as_: Client, bob: User, plug: Device
) -> None:
    key = as_(bob).post(url(plug), BODY).json()["id"]

    event = Event.objects.get(type="command.updated")
    assert event.data == {"command": key, "device": str(plug.pk), "status": "queued"}
    entry = AuditEntry.objects.get(object_type="command", action="created")
    assert (str(entry.user_id), entry.object_id) == (str(bob.pk), key)
    assert entry.after
    assert entry.after["parameters"] == {"on": True}


def test_viewer_may_not_command(as_: Client, vera: User, plug: Device) -> None:
    response = as_(vera).post(url(plug), BODY)

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")
    assert not Command.objects.exists()


def test_device_of_a_stranger_does_not_exist(as_: Client, charlie: User, plug: Device) -> None:
    for response in (as_(charlie).post(url(plug), BODY), as_(charlie).get(url(plug))):
        assert_problem(response, HTTPStatus.NOT_FOUND)


def test_command_needs_its_scope(as_: Client, bob: User, plug: Device) -> None:
    response = as_(bob, "devices:read", "devices:write").post(url(plug), BODY)

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope="devices:control")


def test_resident_of_a_home_may_command_and_guest_may_not(
    as_: Client, dora: User, plug: Device
) -> None:
    home = make_home(dora)
    Device.objects.update(organisation=None, site=home)
    resident = make_site_member(home, make_b2c_user(), role="resident").user
    guest = make_site_member(home, make_b2c_user(), role="guest").user

    assert as_(resident).post(url(plug), BODY).status_code == HTTPStatus.ACCEPTED
    assert_problem(as_(guest).post(url(plug), BODY), HTTPStatus.FORBIDDEN, "role-missing")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"action": "explode"}, "#/action"),
        ({"parameters": {}}, "#/parameters"),
        ({"parameters": {"on": "yes"}}, "#/parameters/on"),
        ({"parameters": {"on": True, "off": 1}}, "#/parameters"),
        ({"parameters": [1]}, "#/parameters"),
        ({"expires_in": 4}, "#/expires_in"),
        ({"expires_in": 604_801}, "#/expires_in"),
        ({"expires_in": "300"}, "#/expires_in"),
        ({"reference": "r" * 129}, "#/reference"),
        ({"unknown": 1}, "#/unknown"),
    ],
)
def test_command_that_does_not_fit_is_pointed_at(
    as_: Client, bob: User, plug: Device, changes: dict[str, Any], pointer: str
) -> None:
    response = as_(bob).post(url(plug), {**BODY, **changes})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert not Command.objects.exists()


def test_parameters_have_an_end(as_: Client, bob: User, plug: Device) -> None:
    plug.type.actions.update(parameters={"type": "object"})

    response = as_(bob).post(url(plug), {**BODY, "parameters": {"text": "x" * 20_000}})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/parameters")


@pytest.mark.parametrize("status", [AssetStatus.SUSPENDED, AssetStatus.RETIRED])
def test_asset_that_is_not_active_is_refused(
    as_: Client, bob: User, plug: Device, status: AssetStatus
) -> None:
    plug.asset.status = status
    plug.asset.save()

    response = as_(bob).post(url(plug), BODY)

    assert_problem(response, HTTPStatus.CONFLICT, "asset-not-active", asset_status=status)


def test_device_that_nothing_reaches_is_refused(as_: Client, bob: User, organisation: Any) -> None:
    alone = make_device(organisation, type=make_switch())

    response = as_(bob).post(url(alone), BODY)

    assert_problem(response, HTTPStatus.CONFLICT, "device-not-controllable")


def test_suspended_gateway_carries_nothing(as_: Client, bob: User, plug: Device) -> None:
    assert plug.gateway is not None
    plug.gateway.asset.status = AssetStatus.SUSPENDED
    plug.gateway.asset.save()

    response = as_(bob).post(url(plug), BODY)

    assert_problem(response, HTTPStatus.CONFLICT, "device-not-controllable")


def test_same_reference_is_the_same_command(as_: Client, bob: User, plug: Device) -> None:
    first, second = (as_(bob).post(url(plug), {**BODY, "reference": "eve"}) for _ in range(2))

    assert first.json()["id"] == second.json()["id"]
    assert Command.objects.count() == 1


def test_same_reference_for_something_else_is_refused(as_: Client, bob: User, plug: Device) -> None:
    as_(bob).post(url(plug), {**BODY, "reference": "eve"})

    off = {**BODY, "reference": "eve", "parameters": {"on": False}}
    response = as_(bob).post(url(plug), off)

    assert_problem(response, HTTPStatus.CONFLICT, "command-reference-reused")


def test_same_reference_of_somebody_else_is_another_command(
    as_: Client, alice: User, bob: User, plug: Device
) -> None:
    keys = {
        as_(who).post(url(plug), {**BODY, "reference": "eve"}).json()["id"] for who in (alice, bob)
    }

    assert len(keys) == 2


def test_same_idempotency_key_is_the_same_command(as_: Client, bob: User, plug: Device) -> None:
    client = as_(bob)

    answers = [client.post(url(plug), BODY, headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert Command.objects.count() == 1


def test_lists_filter_and_cost_the_same(as_: Client, bob: User, plug: Device) -> None:
    client = as_(bob)
    keys = [client.post(url(plug), BODY).json()["id"] for _ in range(3)]
    client.post(f"/api/v1/commands/{keys[0]}/cancel/")

    with CaptureQueriesContext(connection) as queries:
        found = client.get(f"/api/v1/commands/?site={plug.site_id}&status=queued").json()

    assert [row["id"] for row in found["results"]] == [keys[2], keys[1]]
    assert len(queries) <= 4
    assert client.get("/api/v1/commands/?action=stop").json()["results"] == []


def test_asking_costs_a_constant_number_of_queries(
    as_: Client, bob: User, plug: Device, organisation: Any
) -> None:
    client, other = as_(bob), make_plug(organisation, site=plug.site)
    client.post(url(plug), BODY)

    with CaptureQueriesContext(connection) as queries:
        client.post(url(other), BODY)

    assert len(queries) <= 24, [query["sql"][:80] for query in queries]


def test_room_that_is_not_in_the_building_shows_nothing(
    as_: Client, bob: User, plug: Device
) -> None:
    as_(bob).post(url(plug), BODY)

    assert plug.site
    make_space(plug.site)
    response = as_(bob).get(f"/api/v1/commands/?site={plug.pk}")

    assert response.json()["results"] == []
