"""The SQL that stores a batch: one text for plain PostgreSQL and for a distributed one.

Source: docs/time-series.md, "Ingest" and "Rules".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier

from devices.services import partitions

Row = tuple[int, int, datetime, Any, int]  # ord, point_id, time, value, quality


class Stored(NamedTuple):
    """What became of the rows: new ones, changed ones, and the points of these."""

    inserted: int
    restated: int
    restated_points: list[int]


STAGING = """
CREATE TEMP TABLE staging (ord int NOT NULL, point_id bigint NOT NULL, time timestamptz NOT NULL,
  value {type} NOT NULL, quality smallint NOT NULL) ON COMMIT DROP"""
# The last of several rows for one point and time wins.
UPSERT = """
WITH changed AS (
  INSERT INTO {table} (point_id, time, value, quality)
  SELECT DISTINCT ON (point_id, time) point_id, time, value, quality
  FROM staging ORDER BY point_id, time, ord DESC
  ON CONFLICT (point_id, time) DO UPDATE SET value = excluded.value, quality = excluded.quality,
    revision = least({table}.revision + 1, 32767)
  WHERE ({table}.value, {table}.quality) IS DISTINCT FROM (excluded.value, excluded.quality)
  RETURNING point_id, revision)
SELECT count(*) FILTER (WHERE revision = 0), count(*) FILTER (WHERE revision > 0),
  array_agg(DISTINCT point_id) FILTER (WHERE revision > 0) FROM changed"""
# Latest values move to newer times, or follow a correction of the newest reading.
MOVE_STATE = """
UPDATE devices_point p SET {last} = s.value, last_time = s.time, last_quality = s.quality
FROM (SELECT DISTINCT ON (point_id) * FROM staging ORDER BY point_id, time DESC, ord DESC) s
WHERE p.id = s.point_id AND (p.last_time IS NULL OR s.time > p.last_time OR (s.time = p.last_time
  AND (s.value, s.quality) IS DISTINCT FROM (p.{last}, p.last_quality)))"""


@dataclass(frozen=True, slots=True)
class Series:
    """One of the two tables of readings, with the statements that write it."""

    table: str
    value_type: str
    last: str
    is_summed: bool

    def statement(self, text: str) -> Composed:
        """Return the statement with the names of this table in their places."""
        return SQL(text).format(
            table=Identifier(self.table), last=Identifier(self.last), type=SQL(self.value_type)
        )


NUMBERS = Series(partitions.READINGS, "float8", "last_value", is_summed=True)
TEXTS = Series(partitions.TEXTS, "text", "last_text", is_summed=False)
# A transaction may hold several batches.
CLEAR = "DROP TABLE staging"
COPY = "COPY staging (ord, point_id, time, value, quality) FROM STDIN (FORMAT BINARY)"
# In the order of the key, so that neighbours land on the same page of the index.
MARK = """
INSERT INTO devices_rollup_dirty (point_id, bucket)
SELECT DISTINCT point_id, date_bin('15 minutes', time, '2000-01-01 00:00+00') AS bucket
FROM staging ORDER BY point_id, bucket
ON CONFLICT (point_id, bucket) DO UPDATE SET marks = devices_rollup_dirty.marks + 1"""


def _fill(cursor: Any, rows: Iterable[Row], *, series: Series) -> None:
    with cursor.copy(COPY) as copy:
        copy.set_types(["int4", "int8", "timestamptz", series.value_type, "int2"])
        write = copy.write_row
        for row in rows:
            write(row)


def store(series: Series, rows: Iterable[Row], *, meanwhile: Callable[[], None]) -> Stored:
    """Write the rows of locked points; the caller holds the transaction.

    ``meanwhile`` is called while the server works: the statements are sent in one go (pipeline
    mode) and their results are fetched afterwards. It must not use the database.
    """
    with connection.cursor() as cursor:
        cursor.execute(series.statement(STAGING))
        _fill(cursor, rows, series=series)
    raw = connection.connection
    with connection.wrap_database_errors, raw.pipeline(), Cursor(raw) as changed:
        changed.execute(series.statement(UPSERT))
        for text in (MOVE_STATE, *([MARK] if series.is_summed else []), CLEAR):
            Cursor(raw).execute(series.statement(text))
        meanwhile()
        inserted, restated, points = changed.fetchone() or (0, 0, None)
    return Stored(inserted, restated, points or [])
