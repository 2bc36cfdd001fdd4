"""``readings/`` with bodies packed by gzip: the same answers, within the same limits."""

import gzip
import json
from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Organisation, User
from devices.models import Device
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
URL = "/api/v1/readings/"
JSON, LINES, CSV = "application/json", "application/x-ndjson", "text/csv"


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return make_device(organisation)


def body_of(device: Device, media_type: str) -> bytes:
    row = {"device": str(device.pk), "point": "active_power", "time": "2026-01-01T00:00:00Z"}
    if media_type == CSV:
        return f"device,point,time,value\n{','.join(row.values())},2\n".encode()
    reading = {**row, "value": 2}
    return json.dumps({"readings": [reading]} if media_type == JSON else reading).encode()


def post(client: Any, body: bytes, media_type: str = JSON, *, coding: str = "gzip") -> Any:
    headers = {"Content-Encoding": coding}
    return client.generic("POST", URL, body, content_type=media_type, headers=headers)


@pytest.mark.parametrize("media_type", [JSON, LINES, CSV])
def test_packed_batch_is_recorded(as_: Client, bob: User, device: Device, media_type: str) -> None:
    answer = post(as_(bob), gzip.compress(body_of(device, media_type)), media_type)

    assert answer.json() == {"accepted": 1, "duplicates": 0, "restated": 0, "rejected": []}


def test_file_of_several_members_is_read_whole(as_: Client, bob: User, device: Device) -> None:
    body = body_of(device, JSON)

    answer = post(as_(bob), gzip.compress(body[:20]) + gzip.compress(body[20:]))

    assert answer.json()["accepted"] == 1


def test_plain_body_that_says_so_is_taken(as_: Client, bob: User, device: Device) -> None:
    answer = post(as_(bob), body_of(device, JSON), coding="identity")

    assert answer.json()["accepted"] == 1


def test_small_file_that_unpacks_beyond_the_limit_is_refused(
    as_: Client, bob: User, settings: Any
) -> None:
    bomb = gzip.compress(b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    assert len(bomb) < 100_000

    answer = post(as_(bob), bomb)

    assert_problem(answer, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@pytest.mark.parametrize(
    ("media_type", "head", "line"),
    [(LINES, b"", b"{}\n"), (CSV, b"device,point,time,value\n", b",\n")],
    ids=["lines", "csv"],
)
def test_small_file_of_too_many_lines_is_refused_and_they_are_counted(
    as_: Client, bob: User, media_type: str, head: bytes, line: bytes
) -> None:
    bomb = gzip.compress(head + line * 200_000)
    assert len(bomb) < 100_000

    answer = post(as_(bob), bomb, media_type)

    problem = assert_problem(answer, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "batch-too-large")
    assert (problem["given"], problem["limit"]) == (200_000, 10_000)


@pytest.mark.parametrize("damage", ["not packed", "cut off", "followed by noise"])
def test_damaged_file_is_refused_whole(as_: Client, bob: User, device: Device, damage: str) -> None:
    packed = gzip.compress(body_of(device, JSON))
    bodies = {
        "not packed": body_of(device, JSON),
        "cut off": packed[:-9],
        "followed by noise": packed + b"noise",
    }

    answer = post(as_(bob), bodies[damage])

    assert_problem(answer, HTTPStatus.BAD_REQUEST)
    assert not device.points.exclude(last_time=None).exists()


def test_other_ways_of_packing_are_refused(as_: Client, bob: User, device: Device) -> None:
    answer = post(as_(bob), body_of(device, JSON), coding="br")

    assert_problem(answer, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def test_number_that_is_none_costs_itself_only_when_packed(
    as_: Client, bob: User, device: Device
) -> None:
    body = body_of(device, JSON).replace(b'"value": 2', b'"value": NaN')

    answer = post(as_(bob), gzip.compress(body))

    assert [one["code"] for one in answer.json()["rejected"]] == ["not-finite"]
