"""What tests of alarms share: a meter in a flat, its readings and a clock that is passed in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation
from devices.models import AlarmRule, AlarmWatch, Device
from devices.services.alarm_evaluation import evaluate_due, evaluate_marked
from devices.services.alarm_watches import sync_rule
from devices.services.readings import record_readings
from tests.devices import factories
from twin.models import Space

Send = Callable[..., None]


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return factories.make_device(organisation)


def send(device: Device, *values: float, point: str = "active_power", **times: Any) -> None:
    """Record values a minute apart, the last one now or at ``at``."""
    last: datetime = times.get("at") or timezone.now()
    step = times.get("step") or timedelta(minutes=1)
    first = last - step * (len(values) - 1)
    readings = [
        {"device": str(device.pk), "point": point, "time": first + step * n, "value": value}
        for n, value in enumerate(values)
    ]
    recorded = record_readings(readings, devices=Device.objects.all())
    assert not recorded.rejected


def start(rule: AlarmRule) -> AlarmRule:
    """Let the rule watch from now on."""
    sync_rule(rule)
    look()
    return rule


def look() -> None:
    """Evaluate all that is marked or due, until nothing is."""
    for _ in range(20):
        if not evaluate_marked() + evaluate_due():
            return


def ripen(rule: AlarmRule) -> None:
    """Let the time come at which the watches of a rule are due, and look."""
    AlarmWatch.objects.filter(rule=rule).update(due_at=timezone.now())
    look()


def space_of(device: Device) -> Space:
    """Return the space that a device of these tests stands in."""
    assert device.space is not None
    return device.space
