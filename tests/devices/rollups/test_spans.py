"""Rows of stored sums to read: what many meters have in common is read by one scan."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Organisation
from devices.series.buckets import Level
from devices.series.plans import Question, Spans, Wanted
from devices.series.stretches import Stretch
from devices.series.sums import planned_statement
from devices.series.timelines import UTC_ZONE, Timeline
from devices.services.rollups import refresh_rollups
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row
from tests.devices.rollups.world import Series
from tests.twin.factories import make_site

START = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CLOCK = Timeline.of(UTC_ZONE)


def spans_of(*stretches: Stretch) -> Spans:
    spans = Spans()
    for point, stretch in enumerate(stretches, start=1):
        spans.add(point, [stretch], CLOCK)
    return spans


def test_commonest_span_is_read_apart_from_the_others() -> None:
    week, day = (START, START + 7 * DAY), (START, START + DAY)

    alike, others = spans_of(week, day, week).parted()

    assert (alike.points, others.points) == ([1, 3], [2])
    assert alike.alike_parameters("alike") == {
        "alike_points": [1, 3],
        "alike_first": START,
        "alike_last": START + 7 * DAY,
        "alike_zone": "UTC",
    }


def test_spans_that_all_differ_have_nothing_in_common() -> None:
    alike, others = spans_of((START, START + DAY), (START, START + 2 * DAY)).parted()

    assert (alike.points, others.points) == ([], [1, 2])


def test_no_spans_part_into_nothing() -> None:
    alike, others = Spans().parted()

    assert (alike.points, others.points) == ([], [])


@pytest.mark.django_db
def test_many_meters_without_fresh_marks_need_no_join(organisation: Organisation) -> None:
    site = make_site(organisation, time_zone="UTC")
    meters = [
        Series(make_device(organisation, site=site), "active_energy_import") for _ in range(3)
    ]
    for meter in meters:
        meter.record([Row(START + number * DAY / 4, float(number)) for number in range(20)])
    refresh_rollups()
    meters[0].record([Row(START + 4 * DAY, 99.0)])
    wanted = [Wanted(one.point.pk, True, None, CLOCK, is_summed=True) for one in meters]

    planned = planned_statement(wanted, Question(Level.DAY, START, START + 9 * DAY))

    assert planned is not None
    assert planned[1]["alike_DAY_points"] == [meters[1].point.pk, meters[2].point.pk]
    assert set(planned[1]["DAY_points"]) == {meters[0].point.pk}
