"""Another value for a moment that has one: it takes its place or is refused, as the type says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Organisation
from devices.models import Device, PointType, Reading, RollupMark, TextReading
from devices.services.readings import Recorded, record_readings
from devices.services.rollups import refresh_rollups
from tests.devices.factories import make_device

pytestmark = pytest.mark.django_db
TIME = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return make_device(organisation)


@pytest.fixture
def keeper(device: Device) -> Device:
    PointType.objects.filter(device_type=device.type).update(keeps_first=True)
    return device


def send(device: Device, *values: Any, point: str = "active_power", **others: Any) -> Recorded:
    address = {"device": str(device.pk), "point": point, "time": TIME, **others}
    rows = [{**address, "value": value} for value in values]
    return record_readings(rows, devices=Device.objects.all())


def test_last_value_wins_unless_the_type_says_otherwise(device: Device) -> None:
    send(device, 1.0)

    recorded = send(device, 2.0)

    assert (recorded.accepted, recorded.restated, recorded.rejected) == (1, 1, [])
    reading = Reading.objects.get()
    assert (reading.value, reading.revision) == (2.0, 1)


def test_other_value_is_refused_where_the_first_is_kept(keeper: Device) -> None:
    send(keeper, 1.0)
    refresh_rollups()

    recorded = send(keeper, 2.0)

    assert (recorded.accepted, recorded.duplicates) == (0, 0)
    assert [(one.index, one.code) for one in recorded.rejected] == [(0, "conflict")]
    reading = Reading.objects.get()
    assert (reading.value, reading.revision) == (1.0, 0)
    assert not RollupMark.objects.exists()


def test_same_value_again_is_no_conflict(keeper: Device) -> None:
    send(keeper, 1.0)

    recorded = send(keeper, 1.0)

    assert (recorded.duplicates, recorded.rejected) == (1, [])


def test_other_quality_of_the_same_value_is_a_conflict(keeper: Device) -> None:
    send(keeper, 1.0)

    assert [one.code for one in send(keeper, 1.0, quality="suspect").rejected] == ["conflict"]


def test_first_of_a_batch_is_kept_and_the_conflict_costs_itself_only(keeper: Device) -> None:
    recorded = send(keeper, 1.0, 2.0, 1.0)

    assert (recorded.accepted, recorded.duplicates) == (1, 1)
    assert [one.index for one in recorded.rejected] == [1]
    assert Reading.objects.get().value == 1.0


def test_texts_are_kept_too(keeper: Device) -> None:
    kind = PointType.objects.filter(device_type=keeper.type, value_type="text").get()
    send(keeper, "one", point=kind.key)

    assert [one.code for one in send(keeper, "two", point=kind.key).rejected] == ["conflict"]
    assert TextReading.objects.get().value == "one"
