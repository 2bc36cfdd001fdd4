"""For how long each value of a yes or no, or of an enumeration, held in each bucket.

From stored sums where these are to be had, from readings elsewhere, as all series. A value holds
until the next reading, and until now. Source: docs/time-series.md, "States".
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from devices.errors import SeriesTooLong
from devices.series.buckets import Level, after, floor
from devices.series.plans import Part, Plan, Question, Wanted
from devices.series.statements import SPANS
from devices.series.stretches import Stretch
from devices.series.sums import ask, planned
from devices.series.timelines import Timeline

MAX_ATOMS = 200_000
_STORED = """
SELECT d.point_id, d.first_time, d.last_time, d.last, d.held, d.flags
FROM ({spans}) u CROSS JOIN LATERAL (SELECT d.* FROM devices_rollup d
  WHERE d.point_id = u.point_id AND d.resolution = {level}
    AND d.bucket >= u.since AND d.bucket < u.until OFFSET 0) d"""
_READ = """
SELECT r.point_id, r.time, r.time, r.value, NULL::jsonb, r.quality::int
FROM unnest(%(points)s::bigint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
  AS u(point_id, low, high)
CROSS JOIN LATERAL (SELECT r.* FROM devices_reading r
  WHERE r.point_id = u.point_id AND r.time >= u.low AND r.time < u.high OFFSET 0) r"""
# Where retention took the reading away, its quarter hour knows it.
_BEFORE = """
SELECT u.place, coalesce(
  (SELECT r.value FROM devices_reading r WHERE r.point_id = u.point_id
     AND r.time < u.moment AND r.time >= u.floor ORDER BY r.time DESC LIMIT 1),
  (SELECT s.last FROM devices_rollup s WHERE s.point_id = u.point_id
     AND s.resolution = 15 AND s.bucket < least(u.moment, p.raw_from)
     AND s.first_time >= u.floor AND p.raw_from IS NOT NULL ORDER BY s.bucket DESC LIMIT 1))
FROM unnest(%(points)s::bigint[], %(moments)s::timestamptz[], %(floors)s::timestamptz[])
  WITH ORDINALITY AS u(point_id, moment, floor, place)
JOIN devices_point p ON p.id = u.point_id"""


class Atom(NamedTuple):
    """Readings of a point that are known together: when, the last, and what held between."""

    point: int
    since: datetime
    until: datetime
    last: float
    held: str | None
    flags: int

    def inside(self) -> Iterator[tuple[float, float]]:
        """Yield each value that held between the readings, with its seconds."""
        if self.held is None:
            yield self.last, (self.until - self.since).total_seconds()
            return
        for value, seconds in orjson.loads(self.held).items():
            yield float(value), float(seconds)


@dataclass
class Held:
    """The seconds of each value in one bucket; ``flags`` of its own readings, None without any."""

    seconds: dict[float, float] = field(default_factory=lambda: defaultdict(float))
    flags: int | None = None

    @property
    def known(self) -> float:
        """Return for how long it is known what held."""
        return sum(self.seconds.values())


@dataclass
class _Fold:
    """Goes along the atoms of one point and shares out the time to the buckets."""

    level: Level
    timeline: Timeline
    now: datetime
    limit: int
    buckets: dict[datetime, Held] = field(default_factory=dict)

    def add(self, part: Stretch, atoms: Sequence[Atom], value: float | None) -> None:
        """Add a part of time that begins with a value, if it is known."""
        moment = part[0]
        for atom in atoms:
            self._hold(value, moment, until=atom.since)
            bucket = self._bucket(atom.since)
            bucket.flags = (bucket.flags or 0) | atom.flags
            for one, seconds in atom.inside():
                bucket.seconds[one] += seconds
            value, moment = atom.last, atom.until
        self._hold(value, moment, until=min(part[1], self.now))

    def _hold(self, value: float | None, since: datetime, *, until: datetime) -> None:
        """Let a value hold, from bucket to bucket."""
        while value is not None and since < until:
            zone = self.timeline.zone_at(since)
            end = min(after(self.level, floor(self.level, since, zone), zone), until)
            self._bucket(since).seconds[value] += (end - since).total_seconds()
            since = end

    def _bucket(self, moment: datetime) -> Held:
        """Return the bucket that holds the moment.

        Raises: SeriesTooLong.
        """
        start = floor(self.level, moment, self.timeline.zone_at(moment))
        if start not in self.buckets and len(self.buckets) >= self.limit:
            raise SeriesTooLong(limit=self.limit)
        return self.buckets.setdefault(start, Held())


def _atoms(plan: Plan) -> dict[int, list[Atom]]:
    """Return what is known of each point, oldest first; one query.

    Raises: SeriesTooLong.
    """
    parts: list[str] = []
    parameters: dict[str, Any] = {"limit": MAX_ATOMS + 1}
    if plan.runs.points:
        parts.append(_READ)
        parameters |= plan.runs.parameters()
    for level, spans in plan.spans.items():
        if spans.points:
            name = level.name
            parts.append(_STORED.format(spans=SPANS.format(name), level=level.value))
            parameters |= spans.parameters(name)
    found: dict[int, list[Atom]] = defaultdict(list)
    if not parts:
        return found
    rows = ask(f"{' UNION ALL '.join(parts)} ORDER BY 1, 2 LIMIT %(limit)s", parameters)
    if len(rows) > MAX_ATOMS:
        raise SeriesTooLong(limit=MAX_ATOMS)
    for row in rows:
        found[row[0]].append(Atom._make(row))
    return found


def _values_before(beginnings: Sequence[tuple[int, Part, datetime]]) -> list[float | None]:
    """Return what each point's value was when its part begins, as far as it may be known."""
    columns: dict[str, Any] = {
        "points": [point for point, _, _ in beginnings],
        "moments": [moment for _, _, moment in beginnings],
        "floors": [part.since for _, part, _ in beginnings],
    }
    found = dict(ask(_BEFORE, columns))
    return [found.get(place) for place in range(1, len(beginnings) + 1)]


def read_states(
    wanted: Sequence[Wanted], question: Question, *, now: datetime, limit: int
) -> dict[int, dict[datetime, Held]]:
    """Return for each point the buckets of which anything is known, oldest first.

    Five queries at most, however many points. Raises: SeriesTooLong, if a point has more than
    ``limit`` buckets.
    """
    atoms = _atoms(planned(wanted, question))
    times = [
        (one, part, _within(part, question.cover(one))) for one in wanted for part in one.parts
    ]
    times = [(one, part, time) for one, part, time in times if time[0] < time[1]]
    values = _values_before([(one.point, part, time[0]) for one, part, time in times])
    found: dict[int, dict[datetime, Held]] = {}
    for (one, _, time), value in zip(times, values, strict=True):
        buckets = found.setdefault(one.point, {})
        fold = _Fold(question.level, question.timeline(one), now, limit, buckets)
        own = [atom for atom in atoms[one.point] if time[0] <= atom.since < time[1]]
        fold.add(time, own, value)
    return {point: dict(sorted(buckets.items())) for point, buckets in found.items()}


def _within(part: Part, cover: Stretch) -> Stretch:
    return max(part.since, cover[0]), min(part.until, cover[1])
