"""``devices/{id}/state/``: settings, desired and reported side by side."""

from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import ApplicationKind
from accounts.models import AuditEntry, Organisation, User
from devices.models import Asset, DesiredValue, Device, DeviceType
from devices.services.readings import record_readings
from integrations.models import Event
from tests.conftest import Client
from tests.devices.factories import make_device, make_gateway, make_type
from tests.factories import make_application, make_member, make_organisation
from tests.problems import assert_problem
from tests.racing import at_once
from tests.twin import factories as twin

pytestmark = pytest.mark.django_db
SETTING = {"kind": "configuration", "writable": True}
POINTS: tuple[dict[str, Any], ...] = (
    {"key": "active_power", "unit": "W"},
    {"key": "serial_plate", "kind": "configuration", "value_type": "text"},
    {"key": "setpoint", "unit": "Cel", **SETTING},
    {"key": "child_lock", "value_type": "boolean", **SETTING},
    {"key": "mode", "value_type": "enum", "labels": {"0": "off", "1": "eco"}, **SETTING},
    {"key": "caption", "value_type": "text", **SETTING},
)


@pytest.fixture
def kind() -> DeviceType:
    return make_type(points=POINTS)


@pytest.fixture
def device(organisation: Organisation, kind: DeviceType) -> Device:
    return make_device(organisation, type=kind)


def url(device: Device) -> str:
    return f"/api/v1/devices/{device.pk}/state/"


def test_desired_stands_beside_reported_for_settings_alone(
    as_: Client, bob: User, device: Device
) -> None:
    reading = {"device": str(device.pk), "point": "mode", "time": "2026-01-01T00:00:00Z"}
    record_readings([{**reading, "value": "off"}], devices=Device.objects.all())

    body = as_(bob).patch(url(device), {"points": {"mode": "eco"}}).json()["points"]

    assert body["mode"]["value"] == "off"
    assert body["mode"]["desired"]["value"] == "eco"
    assert body["mode"]["desired"]["time"].endswith("Z")
    assert body["setpoint"]["desired"] is None
    assert {"active_power", "serial_plate"} == {key for key in body if "desired" not in body[key]}


@pytest.mark.parametrize(
    ("point", "value"),
    [("setpoint", 21.5), ("child_lock", True), ("mode", "eco"), ("caption", "Salon")],
)
def test_each_type_of_value_is_taken(
    as_: Client, bob: User, device: Device, point: str, value: Any
) -> None:
    as_(bob).patch(url(device), {"points": {point: value}})

    shown = as_(bob).get(url(device)).json()["points"][point]["desired"]
    assert shown["value"] == value


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        ("setpoint", "warm", "wrong-type"),
        ("setpoint", True, "wrong-type"),
        ("child_lock", 2, "wrong-type"),
        ("mode", "party", "wrong-type"),
        ("caption", 7, "wrong-type"),
        ("active_power", 7, "not-writable"),
        ("serial_plate", "7", "not-writable"),
        ("nothing", 7, "unknown-point"),
    ],
)
def test_what_the_type_does_not_allow_is_refused_with_all_the_rest(
    as_: Client, bob: User, device: Device, point: str, value: Any, code: str
) -> None:
    answer = as_(bob).patch(url(device), {"points": {"caption": "Salon", point: value}})

    pointer = f"#/points/{point}"
    body = assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert [error["code"] for error in body["errors"]] == [code]
    assert not DesiredValue.objects.exists()


@pytest.mark.parametrize("body", [{}, {"points": {}}, {"points": []}, {"mode": "eco"}])
def test_body_that_wants_nothing_is_refused(
    as_: Client, bob: User, device: Device, body: Any
) -> None:
    assert as_(bob).patch(url(device), body).status_code == HTTPStatus.BAD_REQUEST


def test_same_wish_twice_is_told_and_audited_once(as_: Client, bob: User, device: Device) -> None:
    for _ in range(2):
        as_(bob).patch(url(device), {"points": {"mode": "eco"}})

    event = Event.objects.get(type="device.desired.changed")
    assert event.data == {"device": str(device.pk), "fields": ["mode"]}
    entry = AuditEntry.objects.get(object_type="desired value")
    assert entry.user_id == bob.pk
    assert entry.organisation_id == device.organisation_id
    assert (entry.after or {})["value"] == 1.0


@pytest.mark.parametrize("status", ["suspended", "retired"])
def test_device_out_of_service_takes_no_settings(
    as_: Client, bob: User, device: Device, status: str
) -> None:
    Asset.objects.update(status=status)

    answer = as_(bob).patch(url(device), {"points": {"mode": "eco"}})

    assert_problem(answer, HTTPStatus.CONFLICT, "asset-not-active", asset_status=status)


def test_strangers_lookers_and_narrow_tokens_set_nothing(
    as_: Client, charlie: User, vera: User, bob: User, device: Device
) -> None:
    body = {"points": {"mode": "eco"}}

    assert_problem(as_(charlie).patch(url(device), body), HTTPStatus.NOT_FOUND)
    refused = as_(vera).patch(url(device), body)
    assert_problem(refused, HTTPStatus.FORBIDDEN, "role-missing")
    narrow = as_(bob, "devices:read").patch(url(device), body)
    assert_problem(narrow, HTTPStatus.FORBIDDEN, "scope-missing", scope="devices:write")


def test_gateway_reads_what_its_devices_shall_be(
    as_: Client, bob: User, organisation: Organisation, kind: DeviceType
) -> None:
    gateway = make_gateway(organisation)
    gateway.application = make_application(organisation, kind=ApplicationKind.GATEWAY)
    gateway.save()
    device = make_device(organisation, type=kind, gateway=gateway)
    as_(bob).patch(url(device), {"points": {"setpoint": 19}})

    state = as_(gateway.application).get(url(device)).json()["points"]

    assert state["setpoint"]["desired"]["value"] == 19


def test_who_moves_in_is_told_no_setting_asked_for_before(
    as_: Client, bob: User, dora: User, organisation: Organisation, kind: DeviceType
) -> None:
    flat = twin.make_space(twin.make_site(organisation), name="Flat")
    gateway = make_gateway(organisation, site=flat.site)
    gateway.application = make_application(organisation, kind=ApplicationKind.GATEWAY)
    gateway.save()
    device = make_device(organisation, type=kind, gateway=gateway, space=flat)
    as_(bob).patch(url(device), {"points": {"setpoint": 19, "mode": "eco"}})
    twin.make_occupancy(flat, dora, since=timezone.now())

    answer = as_(bob).patch(url(device), {"points": {"mode": "off"}}).json()["points"]

    def wanted(state: Any) -> list[Any]:
        return [(state[key]["desired"] or {}).get("value") for key in ("setpoint", "mode")]

    assert wanted(as_(dora).get(url(device)).json()["points"]) == [None, "off"]
    assert wanted(as_(gateway.application).get(url(device)).json()["points"]) == [19, "off"]
    # What an operator asks for now is told, what is wanted besides of an occupied flat is not.
    assert wanted(answer)[1] == "off"
    DesiredValue.objects.update(requested_at=timezone.now())
    answer = as_(bob).patch(url(device), {"points": {"mode": "eco"}}).json()["points"]
    assert wanted(answer) == [None, "eco"]


def test_state_with_settings_costs_no_more_queries(
    as_: Client, bob: User, device: Device, django_assert_max_num_queries: Any
) -> None:
    client = as_(bob)
    client.patch(url(device), {"points": {"mode": "eco", "setpoint": 20}})

    with django_assert_max_num_queries(8):
        client.get(url(device))


@pytest.mark.django_db(transaction=True)
def test_of_wishes_at_once_the_last_one_stands_whole(as_: Client) -> None:
    organisation = make_organisation()
    operator = make_member(organisation, role="operator")
    device = make_device(organisation, type=make_type(points=POINTS))
    wishes = [{"mode": mode, "setpoint": degrees} for mode, degrees in (("off", 5), ("eco", 20))]
    clients = [as_(operator) for _ in wishes]

    answers = at_once(
        *[
            lambda client=client, wish=wish: client.patch(url(device), {"points": wish})
            for client, wish in zip(clients, wishes, strict=True)
        ]
    )

    assert {answer.status_code for answer in answers} == {HTTPStatus.OK}
    state = as_(operator).get(url(device)).json()["points"]
    assert {key: state[key]["desired"]["value"] for key in ("mode", "setpoint")} in wishes
