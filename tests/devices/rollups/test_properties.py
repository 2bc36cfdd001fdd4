"""Random histories: whatever happens in whatever order, every bucket equals the naive one."""

import contextlib
import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.choices import Resolution
from accounts.models import Organisation
from devices.models import RollupMark
from devices.series.buckets import LEVELS
from devices.series.plans import Question
from devices.services.corrections import delete_readings
from devices.services.rollups import Share, mark_rollups, refresh_rollups, turn_clocks
from tests.devices.factories import make_device
from tests.devices.rollups.reference import Row
from tests.devices.rollups.world import INTERVALS, Series
from tests.twin.factories import make_site
from twin.models import Site

pytestmark = pytest.mark.django_db
# Clocks of whole, half and quarter hours; one changes over midnight, one by half an hour.
ZONES = (
    *("Europe/Zurich", "America/New_York", "Asia/Kathmandu", "UTC", "America/Havana"),
    "Australia/Lord_Howe",
)
# Around the days on which clocks change, in spring and in autumn.
STARTS = (datetime(2026, 3, 5, tzinfo=UTC), datetime(2025, 10, 24, tzinfo=UTC))
WIDTH = 1000.0
DAY = timedelta(days=1)
# ROLLUP_EXAMPLES=500 for a night of other histories.
ASKED = os.environ.get("ROLLUP_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(ASKED or 8),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not ASKED,
)


class History:
    """One device at one site, to which things happen by chance."""

    def __init__(self, organisation: Organisation, chance: random.Random) -> None:
        self.chance = chance
        self.start = chance.choice(STARTS)
        self.site: Site = make_site(organisation, time_zone=chance.choice(ZONES))
        device = make_device(organisation, site=self.site)
        self.counter = Series(device, "active_energy_import", width=WIDTH)
        self.gauge = Series(device, "active_power")
        self.state = Series(device, "mode")
        self.all = (self.counter, self.gauge, self.state)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.time_zone)

    def moment(self) -> datetime:
        """Return a time: on borders often, near each other often, months apart sometimes."""
        days = self.chance.choice([0, 1, 1, 2, self.chance.randrange(40)])
        minutes = self.chance.choice([15 * self.chance.randrange(96), self.chance.randrange(1440)])
        seconds = self.chance.choice([0, 0, self.chance.randrange(60)])
        return self.start + days * DAY + timedelta(minutes=minutes, seconds=seconds)

    def value(self, series: Series) -> float:
        if series is self.state:
            return float(self.chance.randrange(3))
        return float(self.chance.choice([self.chance.randrange(1000), 1, 990, 30, 0]))

    def record(self) -> None:
        """Send a batch: late, duplicate and restated readings among the new ones."""
        for series in self.all:
            rows = [
                Row(self.moment(), self.value(series), self.chance.choice([0, 0, 0, 1, 2]))
                for _ in range(self.chance.randrange(1, 30))
            ]
            unique = {row.time: row for row in rows}
            known = list(series.rows.values())
            series.record([*unique.values(), *self.chance.sample(known, min(3, len(known)))])
            series.rows |= {row.time: series.rows[row.time] for row in known}

    def record_series(self) -> None:
        """Send a stretch of a counter as meters do: at every quarter of an hour."""
        start, value = self.moment().replace(second=0), self.chance.randrange(1000)
        rows = []
        for number in range(self.chance.randrange(60)):
            value = (value + self.chance.randrange(12)) % int(WIDTH)
            rows.append(Row(start + number * timedelta(minutes=15), float(value)))
        for series in (self.counter, self.gauge):
            series.record(rows)

    def delete(self) -> None:
        start = self.moment()
        end = start + self.chance.choice([timedelta(minutes=20), DAY, 3 * DAY])
        for series in self.all:
            delete_readings([series.point.pk], start=start, end=end)
            series.rows = {
                time: row for time, row in series.rows.items() if not start <= time < end
            }

    def refresh(self) -> None:
        workers = self.chance.choice([1, 1, 2])
        for worker in range(workers):
            refresh_rollups(Share(worker, workers), size=self.chance.choice([3, 50, 10_000]))

    def rebuild(self) -> None:
        mark_rollups([self.counter.point.pk], start=self.start, end=self.start + 10 * DAY)

    def change_clock(self) -> None:
        self.site.time_zone = self.chance.choice(ZONES)
        self.site.save()
        if self.chance.random() < 0.5:
            turn_clocks([series.point.pk for series in self.all])

    def live(self) -> None:
        """Let something happen."""
        deeds = [self.record, self.record, self.record_series, self.refresh, self.refresh]
        self.chance.choice([*deeds, self.delete, self.rebuild, self.change_clock])()

    def check_what_is_read(self) -> None:
        start, end = self.start - DAY, self.start + 45 * DAY
        for series in self.all:
            for interval in INTERVALS:
                for zone in (None, ZoneInfo(self.chance.choice(ZONES))):
                    found = series.read(interval, start=start, end=end, zone=zone)
                    assert found == series.expected(interval, zone or self.zone), interval

    def check_what_held(self) -> None:
        start = self.start + self.chance.randrange(-1, 30) * DAY
        now = self.start + self.chance.choice([50 * DAY, 41.3 * DAY])
        for interval in INTERVALS:
            zone = self.chance.choice([None, ZoneInfo(self.chance.choice(ZONES))])
            level = LEVELS[Resolution(interval)]
            question = Question(level, start, self.start + 45 * DAY, zone)
            self.state.check_durations(question, interval=interval, now=now)

    def check_what_is_stored(self) -> None:
        self.refresh()
        turn_clocks([series.point.pk for series in self.all])
        assert not RollupMark.objects.exists()
        for series in self.all:
            for interval in INTERVALS:
                assert series.stored(interval) == series.expected(interval, self.zone), interval


class Undone(Exception):
    """Ends an example: nothing of it stays."""


@EXAMPLES
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 10))
def test_every_bucket_equals_the_naive_one(
    seed: int, steps: int, organisation: Organisation
) -> None:
    with contextlib.suppress(Undone), transaction.atomic():
        history = History(organisation, random.Random(seed))
        for _ in range(steps):
            history.live()
        history.check_what_is_read()
        history.check_what_held()
        history.check_what_is_stored()
        history.check_what_is_read()
        history.check_what_held()
        raise Undone


def test_reference_itself_knows_days_of_23_and_25_hours() -> None:
    zone = ZoneInfo("Europe/Zurich")
    found: dict[str, Any] = {}
    for day in ("2026-03-28T23:00", "2026-10-24T22:00"):
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        rows = [Row(start + timedelta(hours=hour), float(hour)) for hour in range(30)]
        series = Series.naive(rows, "1d", zone)
        found[day] = series[start].delta

    assert found == {"2026-03-28T23:00": 23.0, "2026-10-24T22:00": 25.0}
