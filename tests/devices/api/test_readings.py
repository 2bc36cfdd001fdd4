"""readings/ in, state and series out, over HTTP."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Application, Organisation, User
from devices.models import Device, Reading
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem
from tests.twin.factories import make_home, make_site

URL = "/api/v1/readings/"
TIMES = [f"2026-08-01T{hour:02}:00:00Z" for hour in range(5)]


@pytest.fixture
def client(meter_app: Application, as_: Client) -> APIClient:
    return as_(meter_app, "readings:read", "readings:write", "devices:read")


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return make_device(organisation, site=make_site(organisation, time_zone="Europe/Zurich"))


def reading(device: Device, value: Any = 1.25, **overrides: Any) -> dict[str, Any]:
    point = {"device": str(device.pk), "point": "active_power", "time": TIMES[0], "value": value}
    return {**point, **overrides}


def send(client: APIClient, *readings: Any) -> Any:
    return client.post(URL, {"readings": list(readings)})


def send_text(client: APIClient, text: str, kind: str = "application/json") -> Any:
    return client.generic("POST", URL, text, content_type=kind)


def series(client: APIClient, device: Device, **query: Any) -> Any:
    return client.get(f"/api/v1/devices/{device.pk}/readings/", query)


def test_readings_are_recorded(client: APIClient, device: Device) -> None:
    response = send(client, reading(device), reading(device))

    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"accepted": 1, "duplicates": 1, "restated": 0, "rejected": []}


def test_refused_reading_tells_index_code_and_reason(client: APIClient, device: Device) -> None:
    report = send(client, reading(device), reading(device, "high")).json()

    assert report["accepted"] == 1
    (rejected,) = report["rejected"]
    assert (rejected["index"], rejected["code"]) == (1, "wrong-type")
    assert rejected["detail"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_number_that_is_none_costs_its_reading_only(
    client: APIClient, device: Device, number: str
) -> None:
    text = json.dumps({"readings": [reading(device), reading(device, "X")]})

    report = send_text(client, text.replace('"X"', number)).json()

    assert report["accepted"] == 1
    assert report["rejected"][0]["code"] == "not-finite"


def test_lines_are_read_one_by_one(client: APIClient, device: Device) -> None:
    lines = [json.dumps(reading(device)), "{broken", "", json.dumps(reading(device, time=TIMES[1]))]

    report = send_text(client, "\n".join(lines), "application/x-ndjson").json()

    assert report["accepted"] == 2
    assert [item["index"] for item in report["rejected"]] == [1]


def test_csv_values_mean_what_the_point_takes(client: APIClient, device: Device) -> None:
    rows = [
        "device,point,time,value,quality",
        f"{device.pk},active_power,{TIMES[0]},1.5,estimated",
        f"{device.pk},relay,{TIMES[0]},true,",
        f"{device.pk},mode,{TIMES[0]},eco,good",
        f"{device.pk},message,{TIMES[0]},42,good",
        f"{device.pk},active_power,{TIMES[1]},many,good",
        f"{device.pk},active_power",
    ]

    report = send_text(client, "\r\n".join(rows), "text/csv").json()

    assert report["accepted"] == 4
    assert [item["code"] for item in report["rejected"]] == ["wrong-type", "invalid"]
    assert device.points.get(type__key="message").last_text == "42"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [("[]", "#"), ('{"reading": []}', "#/reading"), ('{"readings": {}}', "#/readings")],
)
def test_body_of_another_shape_is_refused(client: APIClient, body: str, pointer: str) -> None:
    response = send_text(client, body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


@pytest.mark.parametrize("body", ["{", "\xff", '{"readings": [1,]}'])
def test_malformed_json_is_a_problem(client: APIClient, body: str) -> None:
    assert_problem(send_text(client, body), HTTPStatus.BAD_REQUEST, "validation", pointer="#")


def test_more_than_ten_thousand_are_too_many(client: APIClient) -> None:
    response = send(client, *([1] * 10_001))

    assert_problem(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "batch-too-large")


def test_body_beyond_the_limit_is_refused(client: APIClient) -> None:
    response = send_text(client, '{"readings": ["' + "x" * 10_000_000 + '"]}')

    assert_problem(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_foreign_device_teaches_nothing(charlie: User, device: Device, as_: Client) -> None:
    stranger = as_(charlie)
    none = "0198aaaa-0000-7000-8000-000000000000"

    foreign, missing = (
        send(stranger, {**reading(device), "device": key}).json()["rejected"]
        for key in (str(device.pk), none)
    )

    assert foreign == missing
    assert foreign[0]["code"] == "unknown-device"


def test_viewer_may_not_send(vera: User, device: Device, as_: Client) -> None:
    response = send(as_(vera), reading(device))

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")
    assert not Reading.objects.exists()


def test_owner_of_a_home_sends_for_it(dora: User, device: Device, as_: Client) -> None:
    Device.objects.update(organisation=None, site=make_home(dora))

    assert send(as_(dora), reading(device)).json()["accepted"] == 1


def test_sending_needs_its_scope(meter_app: Application, device: Device, as_: Client) -> None:
    response = send(as_(meter_app, "readings:read"), reading(device))

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_state_shows_latest_values_as_people_know_them(client: APIClient, device: Device) -> None:
    send(
        client,
        reading(device, 284.3),
        reading(device, 1, point="relay"),
        reading(device, "eco", point="mode", quality="suspect"),
    )

    state = client.get(f"/api/v1/devices/{device.pk}/state/").json()

    points = state["points"]
    shown = {"value": 284.3, "unit": "W", "symbol": "W", "time": TIMES[0], "quality": "good"}
    assert points["active_power"] == shown
    assert points["relay"]["value"] is True
    assert (points["mode"]["value"], points["mode"]["quality"]) == ("eco", "suspect")
    assert points["message"]["value"] is None


def test_series_come_in_columns(client: APIClient, device: Device) -> None:
    send(client, *(reading(device, hour, time=time) for hour, time in enumerate(TIMES)))

    found = series(client, device, points="active_power", start=TIMES[1], end=TIMES[4]).json()

    assert (found["interval"], found["timezone"], found["next"]) == ("raw", "Europe/Zurich", None)
    (column,) = found["series"]
    assert column["times"] == TIMES[1:4]
    assert column["values"] == [1, 2, 3]
    assert column["quality"] == ["good"] * 3
    assert column["unit"] == "W"


def test_series_continue_at_next(client: APIClient, device: Device) -> None:
    points = {"active_power": 7, "relay": True, "message": "x"}
    for key, value in points.items():
        send(client, *(reading(device, value, time=time, point=key) for time in TIMES))
    query = {"points": ",".join(points), "limit": 4}

    page, found = series(client, device, **query).json(), []
    while True:
        for column in page["series"]:
            found += [
                (column["point"], *pair)
                for pair in zip(column["times"], column["values"], strict=True)
            ]
        if page["next"] is None:
            break
        page = client.get(page["next"]).json()

    assert found == [(key, time, value) for key, value in points.items() for time in TIMES]


@pytest.mark.parametrize("way", ["format=csv", "header"])
def test_series_come_as_csv(client: APIClient, device: Device, way: str) -> None:
    send(client, reading(device, 1.5))
    url = f"/api/v1/devices/{device.pk}/readings/?points=active_power"

    response = (
        client.get(url, headers={"Accept": "text/csv"})
        if way == "header"
        else client.get(f"{url}&{way}")
    )

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines == ["point,unit,time,value,quality", f"active_power,W,{TIMES[0]},1.5,good"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("points", "warp"),
        ("start", "yesterday"),
        ("interval", "5m"),
        ("timezone", "Mars/Olympus"),
        ("limit", "0"),
        ("cursor", "x"),
        ("page", "2"),
    ],
)
def test_bad_parameter_is_named(client: APIClient, device: Device, name: str, value: str) -> None:
    response = series(client, device, **{name: value})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter=name)


def test_series_cost_a_constant_number_of_queries(
    client: APIClient, device: Device, django_assert_max_num_queries: Any
) -> None:
    send(client, reading(device), reading(device, "x", point="message"))

    with django_assert_max_num_queries(8):
        found = series(client, device).json()["series"]

    assert sum(len(column["values"]) for column in found) == 2
