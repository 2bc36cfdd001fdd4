"""Partitions: the months of the time-series tables, made ahead and on demand."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg.sql import SQL, Identifier, Literal

READINGS = "devices_reading"
TEXTS = "devices_reading_text"
ROLLUPS = "devices_rollup"
TABLES = (READINGS, TEXTS, ROLLUPS)
MONTHS_AHEAD = 3
CREATE = "CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS)"
ATTACH = "ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({start}) TO ({end})"


class Month(NamedTuple):
    """A calendar month in UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime | date) -> "Month":
        """Return the month that the moment lies in."""
        return cls(moment.year, moment.month)

    def next(self) -> "Month":
        """Return the month after this one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def start(self) -> datetime:
        """Return its first moment."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)


Partition = tuple[str, Month]
# What is known to be there, by database; it only ever spares a look into the catalogue.
_known: dict[str, set[Partition]] = {}


def _seen() -> set[Partition]:
    return _known.setdefault(str(connection.settings_dict["NAME"]), set())


def unseen(partitions: Iterable[Partition]) -> set[Partition]:
    """Return those of the partitions that this process has not seen yet."""
    return set(partitions) - _seen()


def forget_seen() -> None:
    """Look again: a partition was not there although it had been."""
    _seen().clear()


def name_of(partition: Partition) -> str:
    """Return the name of the partition's table."""
    table, month = partition
    return f"{table}_{month.year:04d}_{month.month:02d}"


def _missing(partitions: Iterable[Partition]) -> list[Partition]:
    names = {name_of(partition): partition for partition in partitions}
    with connection.cursor() as cursor:
        cursor.execute(
            # From the table itself: `to_regclass` may remember that a name was not there.
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND pg_table_is_visible(oid)",
            [list(names)],
        )
        there = {name for (name,) in cursor.fetchall()}
    return [names[name] for name in sorted(set(names) - there)]


def _create(partition: Partition) -> None:
    """Make one partition: first apart, then attached, which locks out neither reads nor writes."""
    table, month = partition
    names = {
        "partition": Identifier(name_of(partition)),
        "table": Identifier(table),
        "start": Literal(month.start().isoformat()),
        "end": Literal(month.next().start().isoformat()),
    }
    with connection.cursor() as cursor:
        for text in (CREATE, ATTACH):
            cursor.execute(SQL(text).format(**names))


def ensure(partitions: Iterable[Partition]) -> None:
    """Make the partitions that are missing, in a short transaction of its own.

    Within a transaction of the caller it is part of that one. Callers at once wait for each other.
    Source: docs/time-series.md, "Partitions".
    """
    wanted = unseen(partitions)
    if not wanted:
        return
    with transaction.atomic():
        if _missing(wanted):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('devices.partitions'))")
            for partition in _missing(wanted):
                _create(partition)
    # Not before the commit: a partition that was rolled back must be looked for again.
    transaction.on_commit(lambda: _seen().update(wanted))


def ensure_ahead(now: datetime, *, months: int = MONTHS_AHEAD) -> None:
    """Make this month and those to come, for every time-series table."""
    month = Month.of(now.astimezone(UTC))
    for _ in range(months + 1):
        ensure([(table, month) for table in TABLES])
        month = month.next()


BEFORE = """
SELECT child.relname FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
JOIN pg_class parent ON parent.oid = i.inhparent
WHERE parent.relname = %s AND pg_table_is_visible(child.oid) AND child.relname < %s
ORDER BY child.relname"""
# Rather another night than that readers and writers wait for long.
PATIENCE = "SET LOCAL lock_timeout = '2s'"
LOCK = "LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE"
IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM {partition})"
DETACH = "ALTER TABLE {table} DETACH PARTITION {partition}"
DROP = "DROP TABLE {partition}"


def drop_empty(*, before: datetime) -> list[str]:
    """Drop the months of readings before that of a moment in which nothing is left; name them.

    Each in a short transaction of its own; one that cannot be locked soon is left for another time.
    Should a late reading need the month again, ingest makes it again.
    """
    gone = []
    for table in (READINGS, TEXTS):
        limit = name_of((table, Month.of(before.astimezone(UTC))))
        with connection.cursor() as cursor:
            cursor.execute(BEFORE, [table, limit])
            names = [name for (name,) in cursor.fetchall()]
        gone += [name for name in names if _drop_if_empty(table, name)]
    if gone:
        forget_seen()
    return gone


def _drop_if_empty(table: str, name: str) -> bool:
    names = {"table": Identifier(table), "partition": Identifier(name)}
    with connection.cursor() as cursor:
        cursor.execute(SQL(IS_EMPTY).format(**names))
        if not cursor.fetchone()[0]:
            return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PATIENCE)
            cursor.execute(SQL(LOCK).format(**names))
            cursor.execute(SQL(IS_EMPTY).format(**names))
            if not cursor.fetchone()[0]:
                return False
            cursor.execute(SQL(DETACH).format(**names))
            cursor.execute(SQL(DROP).format(**names))
    except OperationalError:
        return False
    return True
