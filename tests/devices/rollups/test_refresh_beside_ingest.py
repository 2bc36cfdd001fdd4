"""Ingest and refresh at once, with real connections; a refresh that is killed: nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import Organisation
from devices.models import Rollup, RollupMark
from devices.services.rollups import Share, refresh_rollups
from tests.databases import database_url
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row
from tests.devices.rollups.world import INTERVALS, Series

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
START = datetime(2004, 5, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZONE = ZoneInfo("UTC")


@pytest.fixture
def meter(no_readings_left: None, organisation: Organisation) -> Series:
    return Series(make_device(organisation), "active_energy_import")


def rows(first: int, last: int) -> list[Row]:
    return [Row(START + number * MINUTE, float(number)) for number in range(first, last)]


def run(deed: Callable[[], object]) -> Thread:
    """Do something in a thread with a connection of its own."""

    def body() -> None:
        try:
            deed()
        finally:
            connection.close()

    thread = Thread(target=body)
    thread.start()
    return thread


@contextmanager
def held_open(deed: Callable[[], object]) -> Iterator[None]:
    """Do something in another connection whose transaction stays open meanwhile."""
    is_done, may_end = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            deed()
            is_done.set()
            may_end.wait(20)

    thread = run(hold)
    assert is_done.wait(20)
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def assert_all_is_summed_up(meter: Series) -> None:
    refresh_rollups()
    assert not RollupMark.objects.exists()
    for interval in INTERVALS:
        assert meter.stored(interval) == meter.expected(interval, ZONE)


def test_refresh_beside_an_open_ingest_loses_nothing(meter: Series) -> None:
    meter.record(rows(0, 8))
    with held_open(lambda: meter.record(rows(8, 16))):
        refresh = run(refresh_rollups)
        time.sleep(0.3)
    refresh.join()

    assert_all_is_summed_up(meter)


def test_ingest_beside_an_open_refresh_loses_nothing(meter: Series) -> None:
    meter.record(rows(0, 8))
    with held_open(refresh_rollups):
        ingest = run(lambda: meter.record(rows(8, 16)))
        time.sleep(0.3)
    ingest.join()

    assert RollupMark.objects.exists()
    assert_all_is_summed_up(meter)


def test_many_writers_and_workers_at_once_agree_in_the_end(
    meter: Series, organisation: Organisation
) -> None:
    others = [Series(make_device(organisation), "active_energy_import") for _ in range(3)]
    all_series = [meter, *others]

    def write() -> None:
        for number in random.sample(range(20), 20):
            for series in random.sample(all_series, len(all_series)):
                series.record(rows(number * 7, number * 7 + 10))

    def refresh(worker: int) -> None:
        for _ in range(15):
            refresh_rollups(Share(worker, 2), size=5)

    threads = [run(write), run(write), run(lambda: refresh(0)), run(lambda: refresh(1))]
    threads.append(run(lambda: refresh(0)))
    for thread in threads:
        thread.join()

    for series in all_series:
        assert_all_is_summed_up(series)


def environment() -> dict[str, str]:
    """Return what lets another process work on the test database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def test_killed_refresh_loses_nothing(meter: Series) -> None:
    meter.record(rows(0, 9_000))
    command = [sys.executable, "-c", KILLED]
    left = RollupMark.objects.count()
    for _ in range(3):
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()  # It is in the middle of its slices now.
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        process.stdout.close()

    assert 0 < RollupMark.objects.count() < left
    assert Rollup.objects.exists()
    assert_all_is_summed_up(meter)


# Says a word after its first slice and goes on, until it is killed.
KILLED = """
import django
django.setup()
from devices.services.rollups import refresh_rollups
refresh_rollups(size=40, seconds=0)
print("begun", flush=True)
refresh_rollups(size=2)
"""
