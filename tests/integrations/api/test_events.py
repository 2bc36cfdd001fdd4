"""GET /api/v1/events/: the log over HTTP."""

import time
from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Application, Organisation
from integrations.events.catalogue import Draft
from integrations.events.log import append
from integrations.models import Event
from tests.conftest import Client
from tests.problems import assert_problem

URL = "/api/v1/events/"


@pytest.fixture
def three(transactional_db: None, organisation: Organisation) -> None:
    append("device.updated", [Draft("devices", organisation=organisation.pk)] * 3)
    until = time.monotonic() + 50
    while Event.objects.all().settled().count() < 3 and time.monotonic() < until:
        time.sleep(0.05)


def test_log_is_read_page_by_page(three: None, meter_app: Application, as_: Client) -> None:
    client = as_(meter_app, "events:read")

    first = client.get(URL, {"limit": 2}).json()
    rest = client.get(first["next"]).json()

    assert [len(page["results"]) for page in (first, rest)] == [2, 1]
    assert rest["next"] is None
    ids = [event["id"] for page in (first, rest) for event in page["results"]]
    assert ids == [str(key) for key in Event.objects.order_by("pk").values_list("pk", flat=True)]


def test_sequence_is_the_cursor(three: None, meter_app: Application, as_: Client) -> None:
    client = as_(meter_app, "events:read")
    last = client.get(URL).json()["results"][-1]

    assert client.get(URL, {"after": last["sequence"]}).json()["results"] == []


def test_event_is_a_cloudevent(three: None, meter_app: Application, as_: Client) -> None:
    event = as_(meter_app, "events:read").get(URL).json()["results"][0]

    assert event["specversion"] == "1.0"
    assert event["type"] == "device.updated"
    assert event["time"].endswith("Z")
    assert event["source"].startswith("/api/v1/organisations/")


def test_type_filters(three: None, meter_app: Application, as_: Client) -> None:
    client = as_(meter_app, "events:read")

    assert client.get(URL, {"type": "device.created"}).json()["results"] == []
    assert len(client.get(URL, {"type": "device.updated"}).json()["results"]) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("after", "nowhere"), ("after", "1-2"), ("limit", "0"), ("type", "x"), ("since", "1")],
)
def test_bad_parameter_is_named(meter_app: Application, as_: Client, name: str, value: str) -> None:
    response = as_(meter_app, "events:read").get(URL, {name: value})

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter=name)


def test_stranger_sees_nothing(three: None, charlie: Any, as_: Client) -> None:
    assert as_(charlie).get(URL).json()["results"] == []


def test_scope_is_needed(meter_app: Application, as_: Client) -> None:
    response = as_(meter_app, "devices:read").get(URL)

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")
