"""What came in by itself, counted on its connection and noted on its meters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection as database

MAX_FAULT = 500
LOCK = """
SELECT FROM integrations_realtimechannel WHERE connection_id = ANY(%s)
 ORDER BY connection_id FOR NO KEY UPDATE"""
COUNT = """
UPDATE integrations_realtimechannel c
   SET posts = c.posts + n.posts,
       values_recorded = c.values_recorded + n.recorded,
       values_rejected = c.values_rejected + n.rejected,
       values_unmapped = c.values_unmapped + n.unmapped,
       reports_foreign = c.reports_foreign + n.foreign_ones,
       reports_unreadable = c.reports_unreadable + n.unreadable,
       last_post_at = greatest(c.last_post_at, n.last_post_at),
       last_fault = CASE WHEN n.last_fault = '' THEN c.last_fault ELSE n.last_fault END
  FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[],
              %s::timestamptz[], %s::text[])
       AS n(connection_id, posts, recorded, rejected, unmapped, foreign_ones, unreadable,
            last_post_at, last_fault)
 WHERE c.connection_id = n.connection_id"""
HEAR = """
INSERT INTO integrations_realtimemeter AS m (link_id, value_at, received_at, reports)
SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
    ON CONFLICT (link_id) DO UPDATE
   SET value_at = greatest(m.value_at, excluded.value_at),
       received_at = greatest(m.received_at, excluded.received_at),
       reports = m.reports + excluded.reports"""


@dataclass
class Tally:
    """What came in for one connection."""

    posts: int = 0
    recorded: int = 0
    rejected: int = 0
    unmapped: int = 0
    foreign: int = 0
    unreadable: int = 0
    last_post_at: datetime | None = None
    last_fault: str = ""


@dataclass
class Heard:
    """How far one meter was heard: its latest report, when it came, and how many came."""

    value_at: datetime
    received_at: datetime
    reports: int = 0

    @staticmethod
    def add(
        heard: dict[UUID, Heard], link: UUID, *, value_at: datetime, received_at: datetime
    ) -> None:
        """Note one more report of the meter, in whatever order they come."""
        entry = heard.setdefault(link, Heard(value_at, received_at))
        entry.value_at = max(entry.value_at, value_at)
        entry.received_at = max(entry.received_at, received_at)
        entry.reports += 1


def note(tallies: Mapping[UUID, Tally], heard: Mapping[UUID, Heard]) -> None:
    """Write the counts, in the order of keys: two workers never wait for each other in a circle."""
    owners, meters = sorted(tallies), sorted(heard)
    with database.cursor() as cursor:
        cursor.execute(LOCK, [owners])
        cursor.execute(COUNT, _columns(owners, tallies))
        if meters:
            entries = [heard[key] for key in meters]
            times = [entry.value_at for entry in entries], [entry.received_at for entry in entries]
            cursor.execute(HEAR, [meters, *times, [entry.reports for entry in entries]])


def _columns(owners: list[UUID], tallies: Mapping[UUID, Tally]) -> list[list[object]]:
    rows = [
        (
            *(owner, tally.posts, tally.recorded, tally.rejected, tally.unmapped, tally.foreign),
            *(tally.unreadable, tally.last_post_at, tally.last_fault[:MAX_FAULT]),
        )
        for owner, tally in ((owner, tallies[owner]) for owner in owners)
    ]
    return [list(column) for column in zip(*rows, strict=True)]
