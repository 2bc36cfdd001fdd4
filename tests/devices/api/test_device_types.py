"""``device-types/``: an organisation's own kinds of device beside the shipped ones."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Application, Organisation, User
from devices.models import Device, DeviceType
from tests.conftest import Client
from tests.devices.factories import make_asset, make_device, make_type
from tests.problems import assert_problem
from tests.racing import at_once

pytestmark = pytest.mark.django_db
URL = "/api/v1/device-types/"
SPEED = {
    "key": "speed",
    "name": "Speed",
    "kind": "status",
    "value_type": "number",
    "unit": "%",
    "nature": "gauge",
}
MODE: dict[str, Any] = {
    "key": "mode",
    "name": "Mode",
    "kind": "configuration",
    "value_type": "enum",
    "nature": "gauge",
    "labels": {"0": "off", "1": "eco"},
    "writable": True,
}
RUN = {
    "key": "run",
    "name": "Run",
    "parameters": {"type": "object", "properties": {"percent": {"type": "number"}}},
    "result": {},
    "timeout_s": 30,
}
PUMP = {"key": "pump-9", "name": "Pump 9", "category": "pump", "points": [SPEED, MODE]}


def make_pump(organisation: Organisation) -> DeviceType:
    return make_type(organisation, key="pump-9", points=(SPEED, MODE))


def url(kind: DeviceType) -> str:
    return f"{URL}{kind.pk}/"


def test_own_type_is_made_and_used_at_once(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    answer = as_(bob).post(URL, {**PUMP, "actions": [RUN], "offline_after_s": 600})

    body = answer.json()
    assert answer.status_code == HTTPStatus.CREATED
    assert [point["key"] for point in body["points"]] == ["mode", "speed"]
    assert (body["organisation"], body["version"]) == (str(organisation.pk), 1)
    assert (body["offline_after_s"], body["actions"][0]["key"]) == (600, "run")
    use = {"asset": str(make_asset(organisation).pk), "type": "pump-9"}
    assert as_(bob).post("/api/v1/devices/", use).status_code == HTTPStatus.CREATED


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": []}, "#/points"),
        ({"points": [{**SPEED, "unit": "furlong"}]}, "#/points/0/unit"),
        ({"points": [{**SPEED, "key": "Speed!"}]}, "#/points/0/key"),
        ({"points": [{**SPEED, "writable": True}]}, "#/points/0/kind"),
        ({"points": [{**MODE, "labels": {}}]}, "#/points/0/labels"),
        ({"points": [SPEED, SPEED]}, "#/points/1/key"),
        ({"actions": [{**RUN, "parameters": {"type": "objekt"}}]}, "#/actions/0/parameters"),
        ({"actions": [{**RUN, "timeout_s": 0}]}, "#/actions/0/timeout_s"),
        ({"key": "Pump 9"}, "#/key"),
        ({"offline_after_s": 5}, "#/offline_after_s"),
        ({"colour": "red"}, "#/colour"),
    ],
)
def test_what_breaks_a_rule_is_refused_where_it_stands(
    as_: Client, bob: User, change: dict[str, Any], pointer: str
) -> None:
    answer = as_(bob).post(URL, {**PUMP, **change})

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)
    assert not DeviceType.objects.exists()


def test_key_is_once_in_an_organisation(as_: Client, bob: User, charlie: User) -> None:
    as_(bob).post(URL, PUMP)

    assert as_(charlie).post(URL, PUMP).status_code == HTTPStatus.CREATED
    again = as_(bob).post(URL, PUMP)
    assert_problem(again, HTTPStatus.CONFLICT, "device-type-key-taken", key="pump-9")


def test_added_point_comes_to_the_devices_there_are(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    kind = make_pump(organisation)
    device: Device = make_device(organisation, type=kind)
    flow = {**SPEED, "key": "flow", "name": "Flow", "unit": "m3/h"}

    body = as_(bob).patch(url(kind), {"points": [SPEED, MODE, flow]}).json()

    assert body["version"] == 2
    assert set(device.points.values_list("type__key", flat=True)) == {"speed", "mode", "flow"}


@pytest.mark.parametrize(
    "points",
    [
        [MODE],
        [{**SPEED, "unit": "1"}, MODE],
        [{**SPEED, "nature": "counter"}, MODE],
        [{**SPEED, "kind": "measurement"}, MODE],
        [SPEED, {**MODE, "labels": {"0": "off", "1": "comfort"}}],
        [SPEED, {**MODE, "labels": {"0": "off"}}],
    ],
)
def test_points_that_devices_have_keep_their_meaning(
    as_: Client, bob: User, organisation: Organisation, points: list[dict[str, Any]]
) -> None:
    kind = make_pump(organisation)
    make_device(organisation, type=kind)

    answer = as_(bob).patch(url(kind), {"points": points})

    body = assert_problem(answer, HTTPStatus.CONFLICT, "points-in-use")
    assert len(body["points"]) == 1
    kind.refresh_from_db()
    assert (kind.version, kind.points.count()) == (1, 2)


def test_names_and_further_labels_may_change_under_readings(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    kind = make_pump(organisation)
    make_device(organisation, type=kind)
    mode = {**MODE, "name": "Betriebsart", "labels": {**MODE["labels"], "2": "boost"}}

    body = as_(bob).patch(url(kind), {"points": [SPEED, mode]}).json()

    shown = {point["key"]: point for point in body["points"]}["mode"]
    assert (shown["name"], shown["labels"]["2"]) == ("Betriebsart", "boost")


def test_unused_point_may_go(as_: Client, bob: User, organisation: Organisation) -> None:
    kind = make_pump(organisation)

    body = as_(bob).patch(url(kind), {"points": [SPEED]}).json()

    assert [point["key"] for point in body["points"]] == ["speed"]


def test_shipped_types_are_changed_by_nobody(as_: Client, alice: User) -> None:
    answer = as_(alice).patch(url(make_type()), {"name": "Mine"})

    assert_problem(answer, HTTPStatus.FORBIDDEN, "role-missing")


def test_strangers_lookers_and_narrow_tokens_change_nothing(
    as_: Client, charlie: User, vera: User, bob: User, organisation: Organisation
) -> None:
    kind = make_pump(organisation)

    assert_problem(as_(charlie).patch(url(kind), {"name": "x"}), HTTPStatus.NOT_FOUND)
    assert_problem(as_(vera).patch(url(kind), {"name": "x"}), HTTPStatus.FORBIDDEN, "role-missing")
    narrow = as_(bob, "catalogue:read").post(URL, PUMP)
    assert_problem(narrow, HTTPStatus.FORBIDDEN, "scope-missing", scope="catalogue:write")


def test_change_is_refused_to_who_saw_an_older_version(
    as_: Client, meter_app: Application, organisation: Organisation
) -> None:
    kind = make_pump(organisation)
    client = as_(meter_app)
    seen = client.get(url(kind))["ETag"]
    client.patch(url(kind), {"name": "Pump X"})

    answer = client.patch(url(kind), {"name": "Pump Y"}, headers={"If-Match": seen})

    assert_problem(answer, HTTPStatus.PRECONDITION_FAILED, "precondition-failed")


@pytest.mark.django_db(transaction=True)
def test_device_that_comes_while_its_type_loses_a_point_has_what_the_type_has(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    kind = make_pump(organisation)
    asset = make_asset(organisation)
    client = as_(bob)

    at_once(
        lambda: make_device(organisation, asset=asset, type=kind),
        lambda: client.patch(url(kind), {"points": [SPEED]}),
    )

    has = set(Device.objects.get().points.values_list("type__key", flat=True))
    assert has == set(kind.points.values_list("key", flat=True))
