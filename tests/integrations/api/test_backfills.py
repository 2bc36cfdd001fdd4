"""``smartme/connections/{id}/backfills/``: asked for, followed, cancelled."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from config.lib.ids import uuid7
from integrations.models import Backfill, Connection, MeterLink
from tests.conftest import Client
from tests.devices.factories import make_device
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
SPAN = {"from": "2026-09-01T00:00:00Z", "to": "2026-09-11T00:00:00Z"}


@pytest.fixture
def meter(connection: Connection) -> MeterLink:
    """A meter of the connection that became a device."""
    fields = {"meter_id": uuid7(), "seen_at": timezone.now(), "device_type_key": "test"}
    device = make_device(connection.organisation)
    return MeterLink.objects.create(connection=connection, device=device, **fields)


def url_of(connection: Connection) -> str:
    return f"/api/v1/smartme/connections/{connection.pk}/backfills/"


def test_span_is_asked_for_once(
    as_: Client, bob: User, connection: Connection, meter: MeterLink
) -> None:
    client = as_(bob)

    first, second = (client.post(url_of(connection), SPAN) for _ in range(2))

    assert (first.status_code, second.json()) == (202, first.json())
    [row] = first.json()
    assert (row["meter"], row["device"]) == (str(meter.pk), str(meter.device_id))
    assert (row["from"], row["to"]) == (SPAN["from"], SPAN["to"])
    assert (row["status"], row["percent"], row["estimated_end"]) == ("waiting", 0.0, None)


def test_progress_tells_percent_and_end(
    as_: Client, bob: User, connection: Connection, meter: MeterLink
) -> None:
    client = as_(bob)
    client.post(url_of(connection), SPAN)
    started = timezone.now() - timedelta(minutes=1)
    Backfill.objects.update(started_at=started, reached=datetime(2026, 9, 8, 12, tzinfo=UTC))

    [row] = client.get(url_of(connection), {"status": "waiting"}).json()["results"]

    assert row["percent"] == 25.0
    left = datetime.fromisoformat(row["estimated_end"]) - timezone.now()
    assert left == pytest.approx(timedelta(minutes=3), abs=timedelta(seconds=30))


def test_cancelled_backfill_goes_no_further(
    as_: Client, bob: User, connection: Connection, meter: MeterLink
) -> None:
    client = as_(bob)
    [row] = client.post(url_of(connection), SPAN).json()

    answer = client.delete(f"{url_of(connection)}{row['id']}/")

    assert answer.status_code == 204
    [row] = client.get(url_of(connection)).json()["results"]
    assert (row["status"], row["estimated_end"]) == ("cancelled", None)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/from"),
        ({"from": "2026-09-01T00:00:00"}, "#/from"),
        ({"from": SPAN["to"], "to": SPAN["from"]}, "#/from"),
        ({"from": "2001-01-01T00:00:00Z"}, "#/from"),
        ({"from": "2090-01-01T00:00:00Z"}, "#/from"),
        ({**SPAN, "meters": ["01900000-0000-7000-8000-000000000000"]}, "#/meters"),
    ],
)
def test_wrong_span_is_refused(
    as_: Client, bob: User, connection: Connection, body: dict[str, Any], pointer: str
) -> None:
    answer = as_(bob).post(url_of(connection), body)

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer=pointer)


def test_meters_of_others_are_unknown(
    as_: Client, bob: User, connection: Connection, meter: MeterLink
) -> None:
    answer = as_(bob).post(url_of(connection), {**SPAN, "meters": [str(uuid7())]})

    assert_problem(answer, HTTPStatus.BAD_REQUEST, "validation", pointer="#/meters")
    assert not Backfill.objects.exists()
