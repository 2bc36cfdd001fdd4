"""Lord Howe Island moves its clocks by half an hour: hours there may have thirty minutes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.choices import Resolution
from accounts.models import Organisation
from devices.choices import Aggregate
from devices.series.answers import Range, interval_series
from devices.series.buckets import Level, after, ceiling, floor, keeps_minutes
from devices.services.rollups import refresh_rollups
from devices.windows import EVER, NEVER, SeriesAccess, Window
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row, Sum
from tests.devices.rollups.world import INTERVALS, Series
from tests.twin.factories import make_site

ZONE = ZoneInfo("Australia/Lord_Howe")
DAY, HALF = timedelta(days=1), timedelta(minutes=30)
# Clocks go back from 02:00 to 01:30, and on from 02:00 to 02:30.
BACK, ON = datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("move", [BACK, ON])
def test_hour_of_half_an_hour_begins_with_the_move(move: datetime) -> None:
    moments = [move - timedelta(minutes=1), move, move + timedelta(minutes=29), move + HALF]

    found = [floor(Level.HOUR, moment, ZONE) for moment in moments]

    assert found == [move - 2 * HALF, move, move, move + HALF]
    ends = [after(Level.HOUR, begin, ZONE) for begin in sorted(set(found))]
    assert ends == [move, move + HALF, move + 3 * HALF]
    assert ceiling(Level.HOUR, move + timedelta(minutes=1), zone=ZONE) == move + HALF


def test_clock_that_moves_by_half_an_hour_is_told_from_others() -> None:
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    assert not keeps_minutes(ZONE, *year)
    assert all(keeps_minutes(ZoneInfo(name), *year) for name in ("Asia/Kathmandu", "Europe/Paris"))


def series_around(move: datetime, organisation: Organisation, key: str) -> Series:
    site = make_site(organisation, time_zone=ZONE.key)
    series = Series(make_device(organisation, site=site), key)
    times = [move - DAY + number * timedelta(minutes=5) for number in range(577)]
    series.record([Row(time, float(number)) for number, time in enumerate(times)])
    return series


def read_all(series: Series, move: datetime) -> dict[str, dict[datetime, Sum]]:
    start, end = move - 2 * DAY, move + 2 * DAY
    return {interval: series.read(interval, start=start, end=end) for interval in INTERVALS}


@pytest.mark.django_db
@pytest.mark.parametrize("move", [BACK, ON])
@pytest.mark.parametrize("key", ["active_energy_import", "active_power"])
def test_buckets_equal_the_naive_ones(move: datetime, key: str, organisation: Organisation) -> None:
    series = series_around(move, organisation, key)
    expected = {interval: series.expected(interval, ZONE) for interval in INTERVALS}

    assert read_all(series, move) == expected
    refresh_rollups()
    assert {interval: series.stored(interval) for interval in INTERVALS} == expected
    assert read_all(series, move) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("move", [BACK, ON])
def test_whole_hour_of_half_an_hour_is_covered(move: datetime, organisation: Organisation) -> None:
    series = series_around(move, organisation, "active_energy_import")

    (column,) = interval_series(
        series.device,
        [(series.point, Aggregate.DELTA)],
        access=SeriesAccess((Window(EVER, NEVER, Resolution.RAW),), ZONE),
        asked=Range("1h", move - 2 * HALF, move + 3 * HALF, move + 30 * DAY),
    )

    assert column.times == [move - 2 * HALF, move, move + HALF]
    assert (column.values, column.coverage) == ([12.0, 6.0, 12.0], [1.0, 1.0, 1.0])
