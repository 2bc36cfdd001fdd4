"""The proof of metering: a year of many meters, late, twice, out of order, swapped and corrected,
is what a naive computation makes of the raw rows, day by day and month by month, although the
worker and the database were killed again and again while it was recorded and summed up.

``python -m tests.proofs.metering [POINTS] [--like CONNECTION]``: that many metering points (200
unless given), the last of them the common parts, in a PostgreSQL of its own; its tables are those
of another database, or made by the migrations. It ends with 1 and says why if anything is wrong.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, timedelta

from django.db import connection, transaction

from config.celery import app
from devices.metering.consumption import Consumption, read_consumption
from devices.models import MeteringPoint, Restatement
from devices.series.answers import Range
from devices.services.readings import MAX_BATCH
from devices.services.restatements import close_consumption, restate_consumption
from tests.proofs.building import LOT, MANY, Building
from tests.proofs.crew import DATABASE, INGEST, ROLLUP, Crew, Strike
from tests.proofs.server import Server
from tests.proofs.year import (
    BEGIN,
    END,
    LATE,
    ZONE,
    Sums,
    first_told,
    naive,
)

TOLERANCE = 1e-6
LIMIT = 1_000_000
CLOSED_AT = END + timedelta(days=3)
INTERVALS = ("1d", "1mo")
# Who is killed, in the middle of whose transaction.
TURNS = ((INGEST, INGEST), (ROLLUP, ROLLUP), (DATABASE, INGEST), (DATABASE, ROLLUP))


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def told(found: Consumption) -> dict[date, float]:
    """Return the values by the local day on which their buckets begin."""
    return {
        time.astimezone(ZONE).date(): value
        for time, value in zip(found.times, found.values, strict=True)
    }


def read(points: Sequence[MeteringPoint], interval: str) -> list[dict[date, float]]:
    """Return the consumption of the year."""
    rows = MeteringPoint.objects.select_related("site").in_bulk([point.pk for point in points])
    ordered = [rows[point.pk] for point in points]
    asked = Range(interval, BEGIN, END, END)
    found = read_consumption(ordered, asked=asked, principal=None, limit=LIMIT)
    return [told(one) for one in found]


def far(found: Mapping[date, float], wanted: Sums) -> list[str]:
    """Return what is not as it should be; a bucket without a value is zero in a sum alone."""
    return [
        f"{key}: {found.get(key)} is not {wanted.get(key)}"
        for key in sorted({*found, *wanted})
        if abs(found.get(key, 0.0) - float(wanted.get(key, 0))) > TOLERANCE
    ]


class Books:
    """What the raw rows come to, before and after what is late, worked out naively."""

    def __init__(self, building: Building) -> None:
        self.before, self.after = [], []
        for number in range(building.points):
            meters = building.meters(number)
            sent = building.sent(number, meters)
            looks = [first_told(*pair) for pair in zip(meters, sent, strict=True)]
            self.before.append(naive(looks))
            self.after.append(naive(meters))

    def total(self, place: int) -> Sums:
        """Return the sum of all, by days (0) or months (1)."""
        found: Sums = {}
        for one in self.after:
            for key, value in one[place].items():
                found[key] = found.get(key, 0) + value
        return found

    def restated(self) -> set[tuple[int, str, date]]:
        """Return which days and months of which metering point what is late has changed."""
        return {
            (number, interval, key)
            for number, (before, after) in enumerate(zip(self.before, self.after, strict=True))
            for place, interval in enumerate(INTERVALS)
            for key in {*before[place], *after[place]}
            if before[place].get(key) != after[place].get(key)
        }


def check_sums(building: Building, books: Books) -> list[str]:
    """Compare every day and month of every metering point, of their sum and the difference."""
    found = []
    for place, interval in enumerate(INTERVALS):
        wanted = [one[place] for one in books.after]
        *single, total, rest = read([*building.metered, building.total, building.rest], interval)
        for number, (one, expected) in enumerate(zip(single, wanted, strict=True)):
            if set(one) != set(expected):
                found.append(f"point {number}: {set(one) ^ set(expected)} on one side only")
            found += [f"point {number}, {text}" for text in far(one, expected)]
        found += [f"building, {text}" for text in far(total, books.total(place))]
        found += [f"common parts, {text}" for text in far(rest, wanted[-1])]
        say(f"{interval}: {sum(map(len, single)) + len(total) + len(rest):,} values compared")
    return found


def check_restated(building: Building, books: Books) -> list[str]:
    """Compare what was restated with what differs between both computations."""
    numbers = {point.pk: number for number, point in enumerate(building.metered)}
    rows = Restatement.objects.filter(metering_point__in=numbers)
    found = {
        (numbers[key], interval, start.astimezone(ZONE).date())
        for key, interval, start in rows.values_list("metering_point", "interval", "start")
    }
    say(f"{rows.count():,} days and months restated")
    wrong = found ^ books.restated()
    return [f"restated on one side only: {one}" for one in sorted(wrong)]


def settle() -> int:
    """Close what is over and restate what has changed; return how many restatements there are."""
    close_consumption(CLOSED_AT.astimezone(UTC))
    while restate_consumption():
        pass
    return Restatement.objects.count()


def strikes(points: int, *, size: int, rounds: int, share: float) -> list[Strike]:
    """Return who is killed when, evenly over the batches: each of the four in each round."""
    in_lot = share * 35_040 * min(points, LOT) / size
    turns = TURNS * rounds
    moments = [in_lot * -(-points // LOT) * k / len(turns) for k in range(len(turns))]
    return [
        Strike(int(moment // in_lot) * MANY + int(moment % in_lot), victim, busy)
        for moment, (victim, busy) in zip(moments, turns, strict=True)
    ]


def run(points: int, server: Server) -> list[str]:
    """Let the year pass, and return what is wrong with it."""
    with transaction.atomic():
        building = Building(points)
    crew, is_large = Crew(server, random.Random(points)), points > LOT
    size, rounds = (MAX_BATCH, 5) if is_large else (1_000, 1)
    say(f"{points} metering points with {building.swaps} swaps are made")
    began = time.monotonic()
    batches = building.batches(is_late=False, size=size)
    crew.work(batches, strikes(points, size=size, rounds=rounds, share=1 - LATE))
    say(f"recorded and summed up: {time.monotonic() - began:.0f} s, killed {crew.kills}")
    found = ["restated before anything was late"] if settle() else []
    batches = building.batches(is_late=True, size=size)
    crew.work(batches, strikes(points, size=size, rounds=int(is_large), share=LATE))
    say(f"and what is late: {time.monotonic() - began:.0f} s, killed {crew.kills}")
    restated = timed(settle)
    books = Books(building)
    found += [f"never killed: {one}" for one, _ in TURNS if not crew.kills.get(one)]
    found += check_sums(building, books) + check_restated(building, books)
    say(f"restated in {restated:.1f} s; {count_readings():,} readings")
    return found


def timed(deed: Callable[[], object]) -> float:
    """Return the seconds that the deed takes."""
    began = time.monotonic()
    deed()
    return time.monotonic() - began


def count_readings() -> int:
    """Return how many readings are kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM devices_reading")
        return int(cursor.fetchone()[0])


def main() -> int:
    """Run the proof and say what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("points", type=int, nargs="?", default=200)
    parser.add_argument("--like", default="")
    given = parser.parse_args()
    # What is done on commit is done at once: no queue is at hand.
    app.conf.task_always_eager = True
    server = Server()
    try:
        server.fill(given.like)
        found = run(given.points, server)
    finally:
        connection.close()
        server.remove()
    say("\n".join(found[:50]) or "every day and month is as it should be")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
