"""Closed days and months that change afterwards: written down, and told once per batch."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from devices.models import ClosedSum, Device, MeteringPoint, Restatement
from devices.services.corrections import delete_readings
from devices.services.formulas import Term
from devices.services.metering import change_assignment, update_metering_point
from devices.services.restatements import close_consumption, restate_consumption
from devices.services.rollups import refresh_rollups
from integrations.models import Event
from tests.conftest import Client
from tests.devices.factories import make_assignment, make_metering_point
from tests.devices.metering.conftest import DAY, HOUR, NOW, START, hourly, record
from tests.problems import assert_problem
from tests.twin import factories as twin
from twin.models import Space

pytestmark = pytest.mark.django_db
Rows = list[tuple[str, int, float | None, float | None]]


@pytest.fixture
def fed(flat_point: MeteringPoint, meters: list[Device]) -> MeteringPoint:
    """Four days of June are closed."""
    record(meters[0], hourly(0, 96))
    make_assignment(flat_point, meters[0], since=START)
    refresh_rollups()
    close_consumption(NOW)
    restate_consumption()
    return flat_point


def rows(point: MeteringPoint) -> Rows:
    """Return interval, day, before and after of what was restated."""
    found = Restatement.objects.filter(metering_point=point).order_by("interval", "start")
    return [(one.interval, (one.start - START).days, one.before, one.after) for one in found]


def settle() -> None:
    refresh_rollups()
    restate_consumption()


def test_days_and_months_are_closed_once(fed: MeteringPoint) -> None:
    closed = ClosedSum.objects.filter(metering_point=fed).order_by("interval", "start")

    assert [(one.interval, one.value) for one in closed] == [("1d", 24)] * 4 + [("1mo", 96)]
    assert close_consumption(NOW) == 0
    assert rows(fed) == []


def test_late_reading_restates_its_day_and_month(fed: MeteringPoint, meters: list[Device]) -> None:
    record(meters[0], {START + 96.5 * HOUR: 96.5})
    settle()

    assert rows(fed) == [("1d", 4, None, 0.5), ("1mo", 0, 96, 96.5)]
    assert {one.reason for one in Restatement.objects.all()} == {"readings"}


def test_changed_reading_moves_consumption_between_days(
    fed: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], {24: 25})
    settle()

    assert rows(fed) == [("1d", 0, 24, 25), ("1d", 1, 24, 23)]


def test_deleted_readings_restate_too(fed: MeteringPoint, meters: list[Device]) -> None:
    point = meters[0].points.get(type__key="active_energy_import")
    delete_readings([point.pk], start=START + 3.5 * DAY, end=START + 5 * DAY)
    settle()

    assert rows(fed) == [("1d", 3, 24, 11), ("1mo", 0, 96, 83)]


def test_corrected_factor_restates_everything_since(fed: MeteringPoint) -> None:
    change_assignment(assignment=fed.assignments.get(), changes={"factor": 2})
    settle()

    assert [row[2:] for row in rows(fed)] == [(24, 48)] * 4 + [(96, 192)]
    assert {one.reason for one in Restatement.objects.all()} == {"assignment"}


def test_sum_is_restated_with_its_parts(
    fed: MeteringPoint, house: Space, meters: list[Device]
) -> None:
    total = make_metering_point(space=house, formula=[Term(source=fed, weight=2)])
    close_consumption(NOW)

    record(meters[0], {96.5: 96.5})
    settle()
    update_metering_point(metering_point=total, changes={"formula": [Term(source=fed)]})
    settle()

    assert rows(total)[0] == ("1d", 0, 48, 24)
    reasons = Restatement.objects.filter(metering_point=total).values_list("reason", flat=True)
    assert set(reasons) == {"part", "formula"}


def test_restating_many_takes_as_many_statements_as_restating_one(
    fed: MeteringPoint, flats: list[Space], meters: list[Device]
) -> None:
    other = make_metering_point(space=flats[1])
    record(meters[1], hourly(0, 96))
    make_assignment(other, meters[1], since=START)
    refresh_rollups()
    close_consumption(NOW)
    while restate_consumption():
        pass
    counts = []
    for changed in (meters[:1], meters):
        for meter in changed:
            record(meter, {24: 24 + len(changed) / 4})
        refresh_rollups()
        with CaptureQueriesContext(connection) as queries:
            restate_consumption()
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert [row[2:] for row in rows(other)] == [(24, 24.5), (24, 23.5)]


def test_reading_that_changes_nothing_restates_nothing(
    fed: MeteringPoint, meters: list[Device]
) -> None:
    record(meters[0], {1: 1, 1.5: 1.5})
    settle()

    assert rows(fed) == []


def test_one_batch_is_told_once(fed: MeteringPoint, meters: list[Device]) -> None:
    told = Event.objects.filter(type="readings.restated", subject=f"metering-points/{fed.pk}")

    record(meters[0], {24: 25, 48: 49})
    settle()
    settle()

    # The day between both keeps its consumption.
    assert [event.data["restatements"] for event in told] == [2]


def test_list_shows_what_may_be_read_so_finely(
    as_: Client, alice: User, dora: User, fed: MeteringPoint, flats: list[Space], meters: Any
) -> None:
    twin.make_occupancy(flats[0], dora, since=START - timedelta(days=40))
    record(meters[0], {96.5: 96.5})
    settle()
    url = f"/api/v1/metering-points/{fed.pk}/restatements/"

    def intervals(user: User) -> list[str]:
        return sorted(one["interval"] for one in as_(user).get(url).json()["results"])

    assert intervals(alice) == ["1mo"]
    assert intervals(dora) == ["1d", "1mo"]


def test_restatements_of_others_are_not_found(
    as_: Client, charlie: User, fed: MeteringPoint
) -> None:
    response = as_(charlie).get(f"/api/v1/metering-points/{fed.pk}/restatements/")

    assert_problem(response, HTTPStatus.NOT_FOUND)
