"""Single readings go; what borders of metering points need of them stays, and nothing changes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation
from config.lib.errors import InvalidInput
from devices.metering.consumption import Consumption
from devices.models import Device, MeteringPoint, Point, Reading
from devices.services.metering import change_assignment
from devices.services.retention import drop_old_readings, set_retention
from devices.services.rollups import mark_rollups, refresh_rollups
from tests.devices.factories import make_assignment
from tests.devices.metering.conftest import DAY, HOUR, START, consumed, record

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = START + 33 * DAY
WRITTEN = {"start_counter": 3.0, "previous_end_counter": 2000.0}


def every_so_often(first: datetime, last: datetime, *, counter: float) -> dict[Any, float]:
    count = (last - first) // (13 * MINUTE) + 1
    return {first + number * 13 * MINUTE: counter + number for number in range(count)}


def swap(point: MeteringPoint, meters: list[Device], at: datetime, **given: float) -> None:
    """Let one meter feed from amid the first day on, the other from a moment; both ran before."""
    record(meters[0], every_so_often(START - HOUR, at + 3 * HOUR, counter=1000))
    record(meters[1], every_so_often(at - 3 * HOUR, LATER + 8 * DAY, counter=4))
    make_assignment(point, meters[0], since=START + 64 * MINUTE)
    make_assignment(point, meters[1], since=at, **given)
    refresh_rollups()


def forget(organisation: Organisation) -> int:
    """Let everything go that is older than 31 days."""
    set_retention(organisation, {"measurement": 31})
    return drop_old_readings(now=LATER + 35 * DAY)


def everything(point: MeteringPoint) -> list[Consumption]:
    starts = [START, START + 2 * HOUR, START + 2 * DAY, LATER - DAY, LATER + 3.5 * DAY]
    return [
        consumed(point, start=start, interval=interval, days=days)[0]
        for start in starts
        for interval, days in (("15m", 2), ("1h", 4), ("1d", 45), ("1mo", 45))
    ]


@pytest.mark.parametrize(("minutes", "given"), [(0, {}), (7, {}), (15, WRITTEN), (22, WRITTEN)])
def test_consumption_across_a_swap_stays_when_readings_go(
    organisation: Organisation,
    flat_point: MeteringPoint,
    meters: list[Device],
    minutes: int,
    given: dict[str, float],
) -> None:
    swap(flat_point, meters, START + 2 * DAY + minutes * MINUTE, **given)
    before, count = everything(flat_point), Reading.objects.count()

    gone = forget(organisation)

    assert gone > count - 1_000 > 3_000
    for old, new in zip(before, everything(flat_point), strict=True):
        assert (new.times, new.values) == (old.times, pytest.approx(old.values))
        assert (new.flags, new.coverage) == (old.flags, old.coverage)


def test_consumption_stays_when_all_is_summed_up_anew(
    organisation: Organisation, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    swap(flat_point, meters, START + 2 * DAY + 22 * MINUTE, **WRITTEN)
    before = everything(flat_point)
    forget(organisation)

    points = list(Point.objects.filter(device__in=meters).values_list("pk", flat=True))
    mark_rollups(points, start=START - DAY, end=LATER + 9 * DAY)
    refresh_rollups()

    for old, new in zip(before, everything(flat_point), strict=True):
        assert (new.times, new.values) == (old.times, pytest.approx(old.values))


def test_new_border_where_readings_are_gone_is_refused(
    organisation: Organisation, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    swap(flat_point, meters, START + 2 * DAY)
    forget(organisation)
    assignment = flat_point.assignments.latest("period")

    with pytest.raises(InvalidInput) as refused:
        change_assignment(assignment=assignment, changes={"since": START + 3 * DAY})

    assert [found[:2] for found in refused.value.findings] == [("#/from", "readings-gone")]
    change_assignment(assignment=assignment, changes={"until": LATER + 6 * DAY})


def test_border_before_a_meter_measured_anything_is_taken(
    organisation: Organisation, flat_point: MeteringPoint, meters: list[Device]
) -> None:
    swap(flat_point, meters, START + 2 * DAY)
    forget(organisation)
    assignment = flat_point.assignments.earliest("period")

    change_assignment(assignment=assignment, changes={"since": START - DAY})

    assert flat_point.assignments.earliest("period").period.lower == START - DAY
