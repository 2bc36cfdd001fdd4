"""Buckets of many points, answered from stored sums and the readings that came since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from devices.series import statements
from devices.series.buckets import QUARTER_HOUR, Level, floor
from devices.series.plans import Part, Plan, Question, Wanted, edges
from devices.series.stretches import Stretch, merged
from devices.series.timelines import UTC_ZONE
from devices.windows import EVER

MARKS = statements.MARKED.format(
    source="""devices_rollup_dirty WHERE point_id = ANY(%(points)s) AND bucket < %(end)s
  AND (bucket >= %(start)s OR point_id = ANY(%(counters)s))"""
)


class Bucket(NamedTuple):
    """What the readings of one point in one bucket come to; ``covered`` in seconds.

    ``at`` is when it begins, in seconds since 1970: there are many, and numbers are read quicker
    than times.
    """

    point: int
    at: int
    readings: int
    sum: float
    min: float
    max: float
    last: float
    delta: float | None
    flags: int
    covered: float

    @property
    def start(self) -> datetime:
        """Return when it begins."""
        return datetime.fromtimestamp(self.at, UTC)


ANSWER = """
SELECT point_id, extract(epoch FROM bucket)::bigint, count, sum, min, max, last, delta, flags,
  covered FROM ({}) found
ORDER BY point_id, bucket LIMIT %(limit)s"""


def ask(sql: str, parameters: Mapping[str, Any]) -> list[Any]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def first_readings_after(moments: Sequence[tuple[int, datetime]]) -> list[datetime | None]:
    """Return when each point has its first reading after the moment; one query."""
    if not moments:
        return []
    points, times = zip(*moments, strict=True)
    rows = ask(statements.NEXT, {"points": list(points), "moments": list(times)})
    return [time for _, time in sorted(rows)]


def bucket_of(time: datetime) -> Stretch:
    """Return the quarter hour that a counter's reading of that time belongs to."""
    last = floor(Level.QUARTER, time, UTC_ZONE)
    since = last - QUARTER_HOUR if last == time else last
    return since, since + QUARTER_HOUR


def widened(
    marked: Mapping[int, list[Stretch]], counters: Iterable[int]
) -> dict[int, list[Stretch]]:
    """Return the quarter hours that marks make stale: for counters also the one before, which a
    reading at the border closes, and the next one with a reading, whose first step changes.
    """
    found = {point: list(stretches) for point, stretches in marked.items()}
    owners = [point for point in counters if point in found]
    moments = [(point, until) for point in owners for _, until in found[point]]
    for (point, _), time in zip(moments, first_readings_after(moments), strict=True):
        if time is not None:
            found[point].append(bucket_of(time))
    for point in owners:
        found[point] += [(since - QUARTER_HOUR, until) for since, until in marked[point]]
    return {point: merged(stretches) for point, stretches in found.items()}


def grouped(rows: Iterable[tuple[int, datetime, datetime]]) -> dict[int, list[Stretch]]:
    """Return the stretches of each point."""
    found: dict[int, list[Stretch]] = defaultdict(list)
    for point, since, until in rows:
        found[point].append((since, until))
    return found


def _stale(wanted: Sequence[Wanted], question: Question) -> dict[int, list[Stretch]]:
    """Return the quarter hours of each point that its marks make stale: two queries at most."""
    covers = [question.cover(one) for one in wanted]
    counters = [one.point for one in wanted if one.is_counter]
    rows = ask(
        MARKS,
        {
            "points": [one.point for one in wanted],
            "counters": counters,
            "start": min(since for since, _ in covers),
            "end": max(until for _, until in covers) + QUARTER_HOUR,
        },
    )
    return widened(grouped(rows), counters)


def _first_steps(wanted: Sequence[Wanted], question: Question) -> dict[tuple[int, Part], Stretch]:
    """Return the quarter hours whose stored consumption may begin before the part's floor."""
    cut = [
        (one.point, part, max(part.since, question.cover(one)[0]))
        for one in wanted
        if one.is_counter
        for part in one.parts
        if part.floor != EVER
    ]
    if not cut:
        return {}
    columns: dict[str, Any] = {
        "points": [point for point, _, _ in cut],
        "moments": [moment for _, _, moment in cut],
        "floors": [part.floor for _, part, _ in cut],
    }
    return {cut[number - 1][:2]: bucket_of(time) for number, time in ask(statements.FIRST, columns)}


def planned(wanted: Sequence[Wanted], question: Question) -> Plan:
    """Return what to read of the points; three queries at most."""
    plan = Plan(question)
    stale = _stale(wanted, question)
    steps = _first_steps(wanted, question)
    for one in wanted:
        bounds = question.cover(one)
        for part in one.parts:
            fresh = stale.get(one.point, []) + edges(one, part, bounds)
            if step := steps.get((one.point, part)):
                fresh.append(step)
            plan.add(one, part, merged(fresh))
    return plan


def _statement(plan: Plan) -> tuple[str, dict[str, Any]] | None:
    """Return the statement that reads what is planned: level upon level; None for nothing."""
    source, parameters = "", {}
    if plan.runs.points:
        source, parameters = statements.QUARTERS, dict(plan.runs.parameters())
    for level in plan.levels:
        parts = []
        if source:
            is_raw = level is Level.QUARTER
            coarse = statements.composed(source, level, has_plain_hours=plan.has_plain_hours)
            parts.append(source if is_raw else coarse)
        alike, others = plan.spans[level].parted()
        if alike.points:
            parts.append(statements.stored_alike(level, f"alike_{level.name}"))
            parameters |= alike.alike_parameters(f"alike_{level.name}")
        if others.points:
            parts.append(statements.stored(level, level.name))
            parameters |= others.parameters(level.name)
        source = " UNION ALL ".join(statements.part(part) for part in parts)
    return (source, parameters) if source else None


def planned_statement(
    wanted: Sequence[Wanted], question: Question
) -> tuple[str, dict[str, Any]] | None:
    """Return the statement that reads the buckets of the points, None if there is nothing to read;
    three queries at most.
    """
    return _statement(planned(wanted, question)) if wanted else None


def read_buckets(wanted: Sequence[Wanted], question: Question, *, limit: int) -> list[Bucket]:
    """Return the buckets of the points, in the order of points and times, ``limit`` at most.

    Four queries at most, however many points. The answer holds every committed reading.
    """
    statement = planned_statement(wanted, question)
    if statement is None:
        return []
    source, parameters = statement
    rows = ask(ANSWER.format(source), {**parameters, "limit": limit})
    return list(map(Bucket._make, rows))
