"""Stored sums equal the naive ones; what is read equals them at any time."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Organisation
from devices import tasks
from devices.models import Rollup, RollupMark
from devices.services.corrections import delete_readings
from devices.services.rollups import refresh_rollups
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row
from tests.devices.rollups.world import INTERVALS, Series
from tests.twin.factories import make_site
from twin.services.sites import change_site

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ZURICH = ZoneInfo("Europe/Zurich")
# The clocks go back on 25 October.
START, END = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)


@pytest.fixture
def meter(organisation: Organisation) -> Series:
    site = make_site(organisation, time_zone="Europe/Zurich")
    return Series(make_device(organisation, site=site), "active_energy_import", width=1000.0)


@pytest.fixture
def power(meter: Series) -> Series:
    return Series(meter.device, "active_power")


def rows(*, seed: int = 1, count: int = 300) -> list[Row]:
    chance = random.Random(seed)
    times = [START + timedelta(minutes=chance.choice([5, 15, 15, 7])) * n for n in range(count)]
    value, found = 900.0, []
    for time in sorted(set(times)):
        value = (value + chance.randrange(9)) % 1000
        found.append(Row(time, value, chance.choice([0, 0, 0, 1, 2])))
    return found


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("key", ["meter", "power"])
def test_sums_equal_the_naive_ones(key: str, interval: str, request: pytest.FixtureRequest) -> None:
    series: Series = request.getfixturevalue(key)
    series.record(rows())
    expected = series.expected(interval, ZURICH)

    assert series.read(interval, start=START - DAY, end=END) == expected
    refresh_rollups()
    assert series.stored(interval) == expected
    assert not RollupMark.objects.exists()
    assert series.read(interval, start=START - DAY, end=END) == expected


def test_sums_follow_a_site_to_another_time_zone(
    meter: Series, django_capture_on_commit_callbacks: Any
) -> None:
    meter.record(rows())
    refresh_rollups()
    site = meter.device.site
    assert site is not None

    with django_capture_on_commit_callbacks() as callbacks:
        change_site(site, time_zone="Asia/Kathmandu")
    kathmandu = ZoneInfo("Asia/Kathmandu")
    expected = meter.expected("1d", kathmandu)

    # Right at once, before anything was summed up anew.
    assert meter.read("1d", start=START - DAY, end=END) == expected
    assert callbacks
    tasks.turn_clocks_of_site(str(site.pk))
    assert meter.stored("1d") == expected
    assert meter.stored("1mo") == meter.expected("1mo", kathmandu)


def test_days_follow_a_device_to_another_clock(
    meter: Series, power: Series, organisation: Organisation
) -> None:
    moved = START + 3 * DAY + timedelta(hours=7)
    placement = meter.device.placements.get()
    placement.period = (START - DAY, moved)
    placement.save()
    there = make_site(organisation, time_zone="Asia/Kolkata")
    meter.device.placements.create(site=there, period=(moved, None))
    power.record(rows())
    refresh_rollups()
    borders = {"before": power.expected("1d", ZURICH), "after": {}}
    borders["after"] = power.expected("1d", ZoneInfo("Asia/Kolkata"))

    stored = power.stored("1d")

    assert sum(one.count for one in stored.values()) == len(power.rows)
    for word, days in borders.items():
        of_time = {
            day: one
            for day, one in days.items()
            if (day + DAY <= moved if word == "before" else day > moved)
        }
        assert of_time.items() <= stored.items(), word
    assert power.read("1d", start=START - DAY, end=END) == stored


def test_command_sums_up_and_rebuilds(meter: Series) -> None:
    meter.record(rows())
    call_command("refresh_rollups")
    expected = meter.expected("1h", ZURICH)
    assert meter.stored("1h") == expected

    Rollup.objects.filter(point_id=meter.point.pk).delete()
    call_command("refresh_rollups", "--rebuild", "--device", str(meter.device.pk))
    assert meter.stored("1h") == expected
    with pytest.raises(CommandError):
        call_command("refresh_rollups", "--rebuild", "--start", "yesterday")


def test_latest_values_go_back_to_what_is_left(meter: Series) -> None:
    meter.record(rows())
    times = sorted(meter.rows)

    deleted = delete_readings([meter.point.pk], start=times[-3], end=times[-1] + DAY)

    meter.point.refresh_from_db()
    assert deleted == 3
    assert (meter.point.last_time, meter.point.last_value) == (
        times[-4],
        meter.rows[times[-4]].value,
    )


def test_task_leaves_a_share_that_another_worker_has(meter: Series) -> None:
    meter.record(rows())
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('devices.rollups.0.1'))")
        tasks.refresh_rollups()
        assert RollupMark.objects.exists()
        other.execute("SELECT pg_advisory_unlock_all()")
    tasks.refresh_rollups()

    assert not RollupMark.objects.exists()
