"""Single readings go when their organisation keeps them no longer; what was summed up stays."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Device, Point, Reading, RetentionRule
from devices.services import partitions
from devices.services.readings import Recorded, record_readings
from devices.services.retention import (
    cut_of,
    drop_old_readings,
    preview_retention,
    retention_of,
    set_retention,
)
from devices.services.rollups import mark_rollups, refresh_rollups
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row
from tests.devices.rollups.world import INTERVALS, Series
from tests.factories import make_organisation
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ZURICH = ZoneInfo("Europe/Zurich")
NOW = timezone.now()
DAYS = 40
CUT = cut_of(DAYS, now=NOW)
START = CUT - 2 * DAY


def series_of(organisation: Organisation, key: str) -> Series:
    site = make_site(organisation, time_zone="Europe/Zurich")
    series = Series(make_device(organisation, site=site), key)
    chance, value, time, rows = random.Random(7), 100.0, START, []
    while time < CUT + DAY:
        value += chance.randrange(9)
        rows.append(Row(time, value))
        time += chance.choice([5, 7, 15, 15, 40]) * MINUTE
    series.record(rows)
    refresh_rollups()
    return series


@pytest.fixture(params=["active_energy_import", "active_power"])
def series(request: pytest.FixtureRequest, organisation: Organisation) -> Series:
    return series_of(organisation, request.param)


@pytest.fixture
def meter(organisation: Organisation) -> Series:
    return series_of(organisation, "active_energy_import")


def retain(organisation: Organisation, days: int | None = DAYS) -> None:
    set_retention(organisation, {"measurement": days})


def times_of(series: Series) -> list[datetime]:
    rows = Reading.objects.filter(point_id=series.point.pk).order_by("time")
    return list(rows.values_list("time", flat=True))


def send(series: Series, time: datetime, value: float) -> Recorded:
    reading = {"device": str(series.device.pk), "point": series.key, "time": time, "value": value}
    return record_readings([reading], devices=Device.objects.all())


def check_sums(series: Series) -> None:
    for interval in INTERVALS:
        found = series.read(interval, start=START - DAY, end=CUT + 2 * DAY)
        assert found == series.expected(interval, ZURICH), interval


def test_readings_go_and_sums_stay(organisation: Organisation, series: Series) -> None:
    before = len(times_of(series))
    retain(organisation)

    gone = drop_old_readings(now=NOW)

    left = times_of(series)
    assert gone == before - len(left) > 100
    assert len([time for time in left if time < CUT]) < 8
    assert [time for time in left if time >= CUT] == [t for t in series.rows if t >= CUT]
    check_sums(series)


def test_readings_right_behind_the_cut_are_still_summed_up_rightly(
    organisation: Organisation, series: Series
) -> None:
    retain(organisation)
    drop_old_readings(now=NOW)

    for minutes, value in ((0, 290.0), (2, 300.0), (20, 310.0)):
        series.record([Row(CUT + minutes * MINUTE, value)])
        check_sums(series)
        refresh_rollups()
        check_sums(series)


def test_too_late_reading_is_refused_and_replaces_no_sum(
    organisation: Organisation, series: Series
) -> None:
    retain(organisation)
    drop_old_readings(now=NOW)

    recorded = send(series, CUT - MINUTE, 5.0)

    assert recorded.accepted == 0
    assert [one.code for one in recorded.rejected] == ["too-late"]
    refresh_rollups()
    check_sums(series)


def test_too_late_reading_costs_itself_only(organisation: Organisation, meter: Series) -> None:
    retain(organisation)
    drop_old_readings(now=NOW)
    address = {"device": str(meter.device.pk), "point": meter.key, "value": 999.0}
    batch = [{**address, "time": CUT + n * DAY} for n in (-1, 5)]

    recorded = record_readings(batch, devices=Device.objects.all())

    assert (recorded.accepted, recorded.duplicates) == (1, 0)
    assert [(one.index, one.code) for one in recorded.rejected] == [(0, "too-late")]


def test_reading_before_anything_went_is_taken(organisation: Organisation, meter: Series) -> None:
    retain(organisation)

    assert send(meter, START - DAY, 1.0).accepted == 1


def test_rebuilding_leaves_sums_whose_readings_are_gone(
    organisation: Organisation, series: Series
) -> None:
    retain(organisation)
    drop_old_readings(now=NOW)

    mark_rollups([series.point.pk], start=START - DAY, end=CUT + 2 * DAY)
    refresh_rollups()

    check_sums(series)


def test_readings_that_are_not_summed_up_yet_stay(
    organisation: Organisation, meter: Series
) -> None:
    meter.record([Row(START + MINUTE, 100.5)])
    retain(organisation)

    assert drop_old_readings(now=NOW) == 0

    refresh_rollups()
    assert drop_old_readings(now=NOW) > 100
    check_sums(meter)


def test_next_night_goes_on_where_this_one_ended(organisation: Organisation, meter: Series) -> None:
    retain(organisation)
    assert drop_old_readings(now=NOW, seconds=0.0) == 0

    first = drop_old_readings(now=NOW)
    assert first > 100
    assert drop_old_readings(now=NOW) == 0
    assert 0 < drop_old_readings(now=NOW + DAY) < first
    check_sums(meter)


def test_other_kinds_and_other_organisations_keep_theirs(
    organisation: Organisation, meter: Series
) -> None:
    other = series_of(make_organisation(), "active_power")
    set_retention(organisation, {"status": DAYS, "configuration": DAYS})
    assert drop_old_readings(now=NOW) == 0

    retain(organisation)
    assert drop_old_readings(now=NOW) > 100
    assert times_of(other) == list(other.rows)


def test_what_went_is_not_taken_again_when_more_is_kept(
    organisation: Organisation, meter: Series
) -> None:
    retain(organisation)
    drop_old_readings(now=NOW)

    retain(organisation, None)

    assert retention_of(organisation)["measurement"] is None
    assert send(meter, CUT - MINUTE, 5.0).rejected[0].code == "too-late"


def test_month_of_which_nothing_is_left_is_dropped(organisation: Organisation) -> None:
    power = Series(make_device(organisation), "active_power")
    power.record([Row(datetime(2019, month, 5, tzinfo=UTC), 1.0) for month in (3, 4)])
    refresh_rollups()
    retain(organisation)

    assert drop_old_readings(now=NOW) == 2

    tables = connection.introspection.table_names()
    assert not {"devices_reading_2019_03", "devices_reading_2019_04"} & set(tables)
    assert power.point.raw_from is None
    assert Point.objects.get(pk=power.point.pk).raw_from == CUT
    assert len(power.read("1mo", start=datetime(2019, 1, 1, tzinfo=UTC), end=NOW)) == 2


def test_month_that_somebody_needs_stays(organisation: Organisation) -> None:
    counter = Series(make_device(organisation), "active_energy_import")
    counter.record([Row(datetime(2019, 3, 5, tzinfo=UTC), 1.0)])
    refresh_rollups()
    retain(organisation)

    assert drop_old_readings(now=NOW) == 0
    assert "devices_reading_2019_03" not in partitions.drop_empty(before=NOW)
    assert times_of(counter) == [datetime(2019, 3, 5, tzinfo=UTC)]


def test_preview_tells_what_would_go_and_takes_nothing(
    organisation: Organisation, meter: Series
) -> None:
    measurement, status, _ = preview_retention(organisation, {"measurement": DAYS}, now=NOW)

    assert (measurement.kind, measurement.until, measurement.points) == ("measurement", CUT, 1)
    old = [time for time in meter.rows if time < CUT]
    # Whole days are counted, by the site's clock.
    assert len(old) - len([time for time in old if time >= CUT - DAY]) <= measurement.readings
    assert measurement.readings <= len(old)
    assert measurement.first == old[0]
    assert (status.raw_days, status.readings) == (None, 0)
    assert times_of(meter) == list(meter.rows)
    assert not RetentionRule.objects.exists()
