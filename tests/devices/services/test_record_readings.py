"""record_readings: what is stored, what is refused, and what follows from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Device, Reading, RollupMark, TextReading
from devices.services.readings import Recorded, record_readings
from tests.devices.factories import make_device

TIME = "2026-08-01T22:00:00Z"
MOMENT = datetime(2026, 8, 1, 22, tzinfo=UTC)


def reading(device: Device, value: Any = 1.25, **overrides: Any) -> dict[str, Any]:
    point = {"device": str(device.pk), "point": "active_power", "time": TIME, "value": value}
    return {**point, **overrides}


def record(*readings: Any) -> Recorded:
    return record_readings(list(readings), devices=Device.objects.all())


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return make_device(organisation)


def test_reading_is_stored_under_its_point_and_time(device: Device) -> None:
    recorded = record(reading(device, quality="estimated"))

    assert recorded == Recorded(accepted=1)
    stored = Reading.objects.get()
    assert (stored.time, stored.value, stored.quality) == (MOMENT, 1.25, 1)
    assert stored.point_id == device.points.get(type__key="active_power").pk


def test_same_reading_twice_is_one(device: Device) -> None:
    record(reading(device))

    recorded = record(reading(device))

    assert recorded == Recorded(duplicates=1)
    assert Reading.objects.count() == 1


def test_changed_value_is_accepted_and_counted_as_restated(device: Device) -> None:
    record(reading(device, 1))

    recorded = record(reading(device, 2))

    assert recorded == Recorded(accepted=1, restated=1)
    assert Reading.objects.values_list("value", "revision").get() == (2, 1)


def test_last_of_two_readings_for_one_time_wins(device: Device) -> None:
    recorded = record(reading(device, 1), reading(device, 2))

    assert recorded == Recorded(accepted=1, duplicates=1)
    assert Reading.objects.get().value == 2


def test_state_moves_forward_in_time_alone(device: Device) -> None:
    record(reading(device, 5))

    record(reading(device, 9, time="2026-07-01T00:00:00Z"))

    point = device.points.get(type__key="active_power")
    assert (point.last_value, point.last_time) == (5, MOMENT)
    assert Reading.objects.count() == 2


def test_state_follows_a_correction_of_the_newest_reading(device: Device) -> None:
    record(reading(device, 5))

    record(reading(device, 6))

    assert device.points.get(type__key="active_power").last_value == 6


def test_device_that_speaks_is_online(device: Device) -> None:
    record(reading(device))

    device.refresh_from_db()
    assert device.status == "online"
    assert device.last_seen_at is not None


@pytest.mark.parametrize(
    ("point", "value", "stored"),
    [
        ("relay", True, 1.0),
        ("relay", 0, 0.0),
        ("mode", "comfort", 2.0),
        ("mode", 1, 1.0),
        ("active_power", -3, -3.0),
    ],
)
def test_value_is_stored_as_a_number(device: Device, point: str, value: Any, stored: float) -> None:
    record(reading(device, value, point=point))

    assert Reading.objects.get().value == stored


def test_text_has_a_table_of_its_own(device: Device) -> None:
    recorded = record(reading(device, "Ça va 🔥", point="message"), reading(device))

    assert recorded == Recorded(accepted=2)
    assert TextReading.objects.get().value == "Ça va 🔥"
    assert device.points.get(type__key="message").last_text == "Ça va 🔥"


def test_quarter_hours_are_marked_and_marked_again(device: Device) -> None:
    record(reading(device), reading(device, time="2026-08-01T22:14:59.9+00:00"))
    record(reading(device, 7))

    mark = RollupMark.objects.get()
    assert (mark.bucket, mark.marks) == (MOMENT, 2)


def test_month_of_any_year_is_made_on_demand(device: Device) -> None:
    recorded = record(reading(device, time="2003-02-03T04:05:06+05:30"))

    assert recorded.accepted == 1
    assert Reading.objects.get().time == datetime(2003, 2, 2, 22, 35, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"device": "0198aaaa-0000-7000-8000-000000000000"}, "unknown-device"),
        ({"device": "meter"}, "unknown-device"),
        ({"device": ["x"]}, "invalid"),
        ({"time": {}}, "invalid"),
        ({"point": "no_such_point"}, "unknown-point"),
        ({"point": 7}, "unknown-point"),
        ({"value": "1.25"}, "wrong-type"),
        ({"value": None}, "wrong-type"),
        ({"value": True}, "wrong-type"),
        ({"value": [1]}, "wrong-type"),
        ({"value": float("nan")}, "not-finite"),
        ({"value": float("-inf")}, "not-finite"),
        ({"value": 10**400}, "not-finite"),
        ({"point": "relay", "value": 2}, "wrong-type"),
        ({"point": "mode", "value": "warp"}, "wrong-type"),
        ({"point": "mode", "value": True}, "wrong-type"),
        ({"point": "message", "value": 1}, "wrong-type"),
        ({"point": "message", "value": "a\x00b"}, "wrong-type"),
        ({"point": "message", "value": "x" * 4001}, "too-long"),
        ({"time": "2026-08-01T22:00:00"}, "invalid-time"),
        ({"time": "yesterday"}, "invalid-time"),
        ({"time": 1785621600}, "invalid-time"),
        ({"time": "9999-12-31T23:59:59Z"}, "time-out-of-range"),
        ({"time": "9999-12-31T23:59:59-12:00"}, "invalid-time"),
        ({"time": "1999-12-31T23:59:59Z"}, "time-out-of-range"),
        ({"quality": "perfect"}, "invalid-quality"),
        ({"quality": 0}, "invalid-quality"),
        ({"valeu": 1}, "unknown"),
    ],
)
def test_bad_reading_costs_itself_only(device: Device, changes: dict[str, Any], code: str) -> None:
    recorded = record(reading(device), {**reading(device, 8), **changes}, reading(device, 3))

    assert [(item.index, item.code) for item in recorded.rejected] == [(1, code)]
    assert recorded.rejected[0].detail
    assert (recorded.accepted, recorded.duplicates) == (1, 1)


@pytest.mark.parametrize("broken", [None, 3, "text", [], {}, {"device": "x"}])
def test_reading_of_another_shape_costs_itself_only(device: Device, broken: Any) -> None:
    recorded = record(broken, reading(device))

    assert [item.index for item in recorded.rejected] == [0]
    assert recorded.rejected[0].code in {"invalid", "required"}
    assert recorded.accepted == 1


def test_time_a_day_ahead_is_the_latest(device: Device) -> None:
    now = timezone.now()
    near, far = now + timedelta(hours=23, minutes=59), now + timedelta(hours=24, minutes=1)

    recorded = record(reading(device, time=near.isoformat()), reading(device, time=far))

    assert recorded.accepted == 1
    assert recorded.rejected[0].code == "time-out-of-range"


@pytest.mark.parametrize("status", ["suspended", "retired"])
def test_device_of_an_asset_out_of_service_is_refused(device: Device, status: str) -> None:
    type(device.asset).objects.filter(pk=device.asset_id).update(status=status)

    recorded = record(reading(device))

    assert recorded.rejected[0].code == "asset-not-active"
    assert not Reading.objects.exists()


def test_foreign_device_is_as_unknown_as_none(device: Device) -> None:
    recorded = record_readings([reading(device)], devices=Device.objects.none())

    assert recorded.rejected[0].code == "unknown-device"
    assert "no such device" in recorded.rejected[0].detail
