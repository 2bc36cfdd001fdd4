"""Each condition at its borders: readings come in, alarms are raised and cleared."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Alarm, Device
from tests.devices.alarms.conftest import look, send, start
from tests.devices.factories import make_rule

pytestmark = pytest.mark.django_db


def statuses() -> list[str]:
    """Return how the alarms stand, oldest first."""
    return list(Alarm.objects.order_by("pk").values_list("status", flat=True))


@pytest.mark.parametrize(
    ("fields", "value", "is_raised"),
    [
        ({"condition": "above", "limit": 100.0}, 100.0, False),
        ({"condition": "above", "limit": 100.0}, 100.1, True),
        ({"condition": "below", "limit": 100.0}, 100.0, False),
        ({"condition": "below", "limit": 100.0}, 99.9, True),
        ({"condition": "range", "low": 1.0, "high": 2.0}, 1.0, False),
        ({"condition": "range", "low": 1.0, "high": 2.0}, 2.0, False),
        ({"condition": "range", "low": 1.0, "high": 2.0}, 0.9, True),
        ({"condition": "range", "low": 1.0, "high": 2.0}, 2.1, True),
    ],
)
def test_limit_itself_is_well_and_beyond_is_not(
    device: Device, fields: dict[str, Any], value: float, is_raised: bool
) -> None:
    start(make_rule(device, point="active_power", **fields))

    send(device, value)
    look()

    assert Alarm.objects.exists() == is_raised


def test_alarm_tells_since_when_and_with_which_value(device: Device) -> None:
    start(make_rule(device))
    now = timezone.now()

    send(device, 150.0, 160.0, at=now)
    look()

    alarm = Alarm.objects.get()
    assert (alarm.value, alarm.began_at) == (150.0, now - timedelta(minutes=1))
    assert (alarm.node_id, alarm.point) == (device.pk, device.points.get(type__key="active_power"))
    assert (alarm.status, alarm.organisation_id) == ("raised", device.organisation_id)


def test_alarm_is_raised_once_however_often_the_value_comes(device: Device) -> None:
    start(make_rule(device))

    for value in (150.0, 160.0, 170.0):
        send(device, value)
        look()

    assert statuses() == ["raised"]


def test_alarm_clears_only_below_the_hysteresis(device: Device) -> None:
    start(make_rule(device, hysteresis=10.0))
    send(device, 150.0)
    look()

    send(device, 90.1)
    look()
    assert statuses() == ["raised"]

    send(device, 90.0)
    look()
    assert statuses() == ["cleared"]
    assert Alarm.objects.get().clear_reason == "recovered"


def test_what_holds_shorter_than_the_delay_raises_nothing(device: Device) -> None:
    start(make_rule(device, delay_s=300))

    send(device, 150.0, 150.0, 150.0, 50.0)
    look()

    assert statuses() == []


def test_what_holds_for_the_delay_raises(device: Device) -> None:
    start(make_rule(device, delay_s=300))

    send(device, 150.0, 150.0, 150.0, 150.0, 150.0, 150.0)
    look()

    assert statuses() == ["raised"]


def test_value_holds_until_the_next_so_that_the_clock_alone_raises(device: Device) -> None:
    start(make_rule(device, delay_s=300))
    send(device, 150.0, at=timezone.now() - timedelta(seconds=301))

    look()

    assert statuses() == ["raised"]


def test_rise_and_fall_in_one_batch_is_one_alarm_that_is_over(device: Device) -> None:
    start(make_rule(device))

    send(device, 50.0, 150.0, 50.0)
    look()

    assert statuses() == ["cleared"]


def test_value_that_stands_when_the_rule_is_made_raises(device: Device) -> None:
    send(device, 150.0)

    start(make_rule(device))

    assert statuses() == ["raised"]


def test_reading_older_than_what_was_seen_raises_nothing(device: Device) -> None:
    start(make_rule(device))
    send(device, 50.0)
    look()

    send(device, 150.0, at=timezone.now() - timedelta(hours=1))
    look()

    assert statuses() == []


def test_reading_that_comes_too_late_raises_nothing(device: Device) -> None:
    start(make_rule(device, late_s=600))

    send(device, 150.0, at=timezone.now() - timedelta(seconds=601))
    look()

    assert statuses() == []


def test_correction_of_the_latest_reading_clears(device: Device) -> None:
    start(make_rule(device))
    now = timezone.now()
    send(device, 150.0, at=now)
    look()

    send(device, 50.0, at=now)
    look()

    assert statuses() == ["cleared"]


def test_counter_that_falls_raises_until_it_is_back(device: Device) -> None:
    send(device, 10.0, point="active_energy_import", at=timezone.now() - timedelta(hours=1))
    start(make_rule(device, condition="falls", point="active_energy_import"))

    send(device, 11.0, 3.0, point="active_energy_import")
    look()
    assert statuses() == ["raised"]

    send(device, 10.9, point="active_energy_import")
    look()
    assert statuses() == ["raised"]

    send(device, 11.0, point="active_energy_import")
    look()
    assert statuses() == ["cleared"]


@pytest.mark.parametrize(("value", "is_raised"), [(15.0, False), (15.1, True)])
def test_consumption_of_an_hour_is_taken_between_readings(
    device: Device, value: float, is_raised: bool
) -> None:
    fields = {"condition": "consumption", "limit": 2.5, "period_s": 3600}
    start(make_rule(device, point="active_energy_import", **fields))
    now = timezone.now()

    # Two hours apart: half of it is of the last hour.
    send(device, 10.0, value, point="active_energy_import", at=now, step=timedelta(hours=2))
    look()

    assert Alarm.objects.exists() == is_raised
