"""record_readings against the bare SQL of docs/time-series.md and against a plain COPY.

``python -m tests.benchmarks.readings``: batches of 10,000 new rows over 5,000 points, one client.
"""

import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from django.db import connection

from config.lib.memory import settle
from devices.models import Device
from devices.services.partitions import ensure_ahead
from devices.services.readings import record_readings
from tests.benchmarks import scratch
from tests.factories import make_organisation

BATCH, BATCHES, ROUNDS = 10_000, 6, 9
DEVICES, POINTS = 500, 10
START = datetime(2026, 8, 3, tzinfo=UTC)
STAGING = """CREATE TEMP TABLE staging(ord int NOT NULL, point_id bigint NOT NULL,
  time timestamptz NOT NULL, value float8, quality smallint NOT NULL) ON COMMIT DROP"""
COPY = "COPY {table}(ord, point_id, time, value, quality) FROM STDIN (FORMAT BINARY)"
AFTER_COPY = (
    """SELECT id FROM devices_point WHERE id IN (SELECT point_id FROM staging)
  ORDER BY id FOR NO KEY UPDATE""",
    """WITH changed AS (INSERT INTO devices_reading(point_id, time, value, quality)
  SELECT DISTINCT ON (point_id, time) point_id, time, value, quality FROM staging
  ORDER BY point_id, time, ord DESC ON CONFLICT (point_id, time) DO UPDATE
  SET value = excluded.value, quality = excluded.quality,
    revision = least(devices_reading.revision + 1, 32767)
  WHERE (devices_reading.value, devices_reading.quality)
    IS DISTINCT FROM (excluded.value, excluded.quality) RETURNING revision)
  SELECT count(*) FILTER (WHERE revision = 0), count(*) FILTER (WHERE revision > 0) FROM changed""",
    """UPDATE devices_point SET last_value = s.value, last_time = s.time, last_quality = s.quality
  FROM (SELECT DISTINCT ON (point_id) * FROM staging ORDER BY point_id, time DESC, ord DESC) s
  WHERE devices_point.id = s.point_id
    AND (devices_point.last_time IS NULL OR s.time > devices_point.last_time)""",
    """INSERT INTO devices_rollup_dirty(point_id, bucket)
  SELECT DISTINCT point_id, date_bin('15 minutes', time, '2000-01-01 00:00+00') FROM staging
  ON CONFLICT (point_id, bucket) DO UPDATE SET marks = devices_rollup_dirty.marks + 1""",
    """INSERT INTO integrations_event(id, type, source, subject, time, data)
  VALUES (gen_random_uuid(), 'readings.recorded', '', '', now(), '{}')""",
)
PLAIN = """CREATE TABLE plain (ord int, point_id bigint, time timestamptz, value float8,
  quality smallint, PRIMARY KEY (point_id, time))"""
TYPES = ["int4", "int8", "timestamptz", "float8", "int2"]
Row = tuple[int, int, datetime, float, int]


def batches_of(points: list[int]) -> list[list[Row]]:
    """Return the rows of all batches: each point has several times in each of them."""
    per_batch = BATCH // len(points)
    return [
        [
            (
                place,
                point,
                START + timedelta(minutes=15 * (number * per_batch + turn)),
                number + 0.5,
                0,
            )
            for place, (turn, point) in enumerate(
                (turn, point) for turn in range(per_batch) for point in points
            )
        ]
        for number in range(BATCHES)
    ]


def as_json(batch: list[Row], names: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the same rows as a client sends them."""
    return [
        {
            "device": names[point][0],
            "point": names[point][1],
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "value": value,
        }
        for _, point, time, value, _ in batch
    ]


def fill(cursor: psycopg.Cursor[Any], table: str, batch: list[Row]) -> None:
    """COPY the rows in binary form."""
    with cursor.copy(COPY.format(table=table).encode()) as copy:
        copy.set_types(TYPES)
        for row in batch:
            copy.write_row(row)


def bare(other: psycopg.Connection[Any], batch: list[Row]) -> None:
    """Run the bare SQL in one transaction."""
    with other.transaction(), other.cursor() as cursor:
        cursor.execute(STAGING)
        fill(cursor, "staging", batch)
        for statement in AFTER_COPY:
            cursor.execute(statement.encode())


def plain_copy(other: psycopg.Connection[Any], batch: list[Row]) -> None:
    """COPY into a table of the same key, and nothing else."""
    with other.transaction(), other.cursor() as cursor:
        fill(cursor, "plain", batch)


def reset(other: psycopg.Connection[Any]) -> None:
    """Empty what a round has written, so that the next one writes the same rows anew."""
    other.execute("TRUNCATE devices_reading, devices_rollup_dirty, integrations_event, plain")
    other.execute("UPDATE devices_point SET last_value = NULL, last_time = NULL")
    other.execute("VACUUM devices_point")


def point_names() -> dict[int, tuple[str, str]]:
    """Return (device, key) of every point."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.device_id::text, t.key FROM devices_point p"
            " JOIN devices_pointtype t ON t.id = p.type_id ORDER BY p.id"
        )
        return {key: (device, point) for key, device, point in cursor.fetchall()}


def rate(deed: Callable[[Any], object], batches: list[Any]) -> float:
    """Return the rows per second of writing all batches."""
    return BATCH * len(batches) / sum(scratch.timed(partial(deed, batch)) for batch in batches)


def measure(other: psycopg.Connection[Any]) -> dict[str, list[float]]:
    """Return the rates of each way, round by round; they take turns, each first as often."""
    names = point_names()
    batches = batches_of(list(names))
    sent = [as_json(batch, names) for batch in batches]
    settle()  # As the web server does.
    # Devices that have just been heard, as under a steady load: their contact is noted rarely.
    record_readings(sent[0], devices=Device.objects.all())
    record = partial(record_readings, devices=Device.objects.all())
    ways: list[tuple[str, Callable[[Any], object], list[Any]]] = [
        ("bare SQL", partial(bare, other), batches),
        ("record_readings", record, sent),
        ("plain COPY", partial(plain_copy, other), batches),
    ]
    rates: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for number in range(ROUNDS):
        for name, deed, given in ways if number % 2 else reversed(ways):
            reset(other)
            rates[name].append(rate(deed, given))
    return rates


def ratio(found: list[float], yardstick: list[float]) -> float:
    """Return the median of the ratios round by round, so that a slow minute weighs on both."""
    return statistics.median(one / other for one, other in zip(found, yardstick, strict=True))


def main() -> None:
    """Print the medians and their ratios to the yardsticks."""
    with scratch.database():
        kind = scratch.make_type(points=POINTS)
        scratch.make_devices(make_organisation(), count=DEVICES, kind=kind)
        ensure_ahead(START)
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
            other.execute(PLAIN)
            rates = measure(other)
    for name, found in rates.items():
        of_bare, of_copy = ratio(found, rates["bare SQL"]), ratio(found, rates["plain COPY"])
        middle = statistics.median(found)
        scratch.say(
            f"{name:16} {middle:9,.0f} rows/s  {of_bare:.2f} of bare  {of_copy:.2f} of COPY"
        )


if __name__ == "__main__":
    main()
