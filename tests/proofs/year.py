"""A year of quarter-hourly meters that are swapped, roll over, fall silent and send late; and what
they consumed, worked out once more: naively, in decimals, from the raw rows alone.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
ZONE = ZoneInfo("Europe/Zurich")
# Both changes of the clock of 2025 lie in it.
BEGIN = datetime(2025, 1, 1, tzinfo=ZONE).astimezone(UTC)
END = datetime(2026, 1, 1, tzinfo=ZONE).astimezone(UTC)
WIDTH = Decimal(1000)
LATE, TWICE, SHUFFLED, GAPS = 0.05, 0.01, 0.005, 4


@dataclass
class Fitted:
    """A meter at its place from when until when, with what was written down and what it sent."""

    since: datetime
    until: datetime | None
    factor: Decimal
    start: Decimal | None
    end: Decimal | None
    rows: dict[datetime, Decimal] = field(default_factory=dict)


def build(seed: int, *, swaps: int) -> list[Fitted]:
    """Return the meters of one metering point, one after the other."""
    dice = random.Random(seed)
    quarters = int((END - BEGIN) / QUARTER)
    borders = sorted(dice.sample(range(2_000, quarters - 2_000), swaps))
    moments = [BEGIN, *(BEGIN + at * QUARTER + timedelta(minutes=7) for at in borders)]
    meters = []
    for number, since in enumerate(moments):
        until = moments[number + 1] if number + 1 < len(moments) else None
        meters.append(_meter(dice, since, until, is_first=number == 0))
    return meters


def _meter(
    dice: random.Random, since: datetime, until: datetime | None, *, is_first: bool
) -> Fitted:
    """Return a meter that counts 0 to 0.12 a quarter hour, and starts again at WIDTH."""
    counter = Decimal(dice.randrange(0, 900_000)) / 1000
    meter = Fitted(since, until, Decimal(dice.choice(["1", "40", "0.5"])), None, None)
    if not is_first:
        meter.start = counter
    steps = Decimal(dice.randrange(0, 120)) / 1000
    # A meter that was taken out goes on sending for a while, and must not count.
    last = END if until is None else until + timedelta(hours=5)
    moment = since if is_first else since + QUARTER - timedelta(minutes=7)
    while moment <= last:
        meter.rows[moment] = counter
        if until is not None and moment <= until < moment + QUARTER:
            meter.end = (counter + steps / 2) % WIDTH
        steps = Decimal(dice.randrange(0, 120)) / 1000
        counter = (counter + steps) % WIDTH
        moment += QUARTER
    _fall_silent(dice, meter)
    return meter


def _fall_silent(dice: random.Random, meter: Fitted) -> None:
    """Take away some stretches of up to two days, which never come."""
    times = sorted(meter.rows)
    for _ in range(GAPS):
        first = dice.randrange(1, max(len(times) - 200, 2))
        for time in times[first : first + dice.randrange(1, 190)]:
            meter.rows.pop(time, None)


@dataclass
class Sent:
    """In which order the rows of a meter arrive: at once, late, and as corrections of before."""

    first: list[tuple[datetime, Decimal]]
    late: list[tuple[datetime, Decimal]]


def arrivals(seed: int, meter: Fitted, *, is_corrected: bool) -> Sent:
    """Return the rows as they arrive: late ones, twice, out of order; one wrong at first."""
    dice = random.Random(seed)
    sent, times = Sent([], []), sorted(meter.rows)
    for time in times:
        row = (time, meter.rows[time])
        (sent.late if dice.random() < LATE else sent.first).append(row)
        if dice.random() < TWICE:
            sent.first.append(row)
    for _ in range(int(len(sent.first) * SHUFFLED)):
        one, other = (dice.randrange(len(sent.first)) for _ in range(2))
        sent.first[one], sent.first[other] = sent.first[other], sent.first[one]
    if is_corrected:
        before, time = times[len(times) // 2 - 1 : len(times) // 2 + 1]
        sent.first.append((time, meter.rows[before]))
        sent.late.append((time, meter.rows[time]))
    dice.shuffle(sent.late)
    return sent


def first_told(meter: Fitted, sent: Sent) -> Fitted:
    """Return the meter as it looks before anything late has come."""
    return replace(meter, rows=dict(sent.first))


Sums = dict[date, Decimal]


def naive(meters: Iterable[Fitted]) -> tuple[Sums, Sums]:
    """Return the consumption by local day and by month (its first day)."""
    days: Sums = defaultdict(Decimal)
    months: Sums = defaultdict(Decimal)
    for meter in meters:
        before: Decimal | None = None
        for time, value in _counted(meter):
            if before is not None:
                step = value - before
                amount = (step if step >= 0 else step + WIDTH) * meter.factor
                # A reading at midnight closes the day before.
                day = (time - timedelta(microseconds=1)).astimezone(ZONE).date()
                days[day] += amount
                months[day.replace(day=1)] += amount
            before = value
    return days, months


def _counted(meter: Fitted) -> list[tuple[datetime, Decimal]]:
    """Return what counts of a meter, oldest first: within its time, by hand at the borders."""
    rows = {
        time: value
        for time, value in meter.rows.items()
        if meter.since <= time and (meter.until is None or time <= meter.until)
    }
    if meter.start is not None:
        rows[meter.since] = meter.start
    if meter.end is not None and meter.until is not None:
        rows[meter.until] = meter.end
    return sorted(rows.items())
