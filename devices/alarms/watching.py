"""What evaluation reads: watches with their places, and the samples of each; a few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from devices.alarms.machine import Sample, State
from devices.alarms.terms import Terms

# Clocks of devices may be ahead by this; a reading further ahead waits for the next one.
SKEW = timedelta(minutes=5)
# How many readings of one watch one look takes; the rest is looked at right after.
MOST_SAMPLES = 2_000
WATCHED = """
SELECT w.id, w.rule_id, w.device_id, w.point_id, w.phase, w.since, w.value, w.level, w.seen_until,
  d.organisation_id, d.site_id, string_to_array(ltree2text(s.path), '.')::uuid[], d.gateway_id,
  d.last_seen_at, p.last_time, d.created_at, t.category, t.offline_after_s,
  coalesce(h.time_zone, o.time_zone, 'UTC')
FROM devices_alarmwatch w
JOIN devices_device d ON d.id = w.device_id JOIN devices_devicetype t ON t.id = d.type_id
LEFT JOIN devices_point p ON p.id = w.point_id
LEFT JOIN twin_space s ON s.id = d.space_id LEFT JOIN twin_site h ON h.id = d.site_id
LEFT JOIN accounts_organisation o ON o.id = d.organisation_id
WHERE w.id = ANY(%(ids)s::bigint[]) ORDER BY w.id"""
ASKED = """unnest(%(keys)s::bigint[], %(points)s::bigint[], %(starts)s::timestamptz[],
  %(ends)s::timestamptz[], %(steps)s::interval[]) AS a(key, point, start, until, step)"""
# Suspect readings raise nothing and clear nothing.
READINGS = """
SELECT a.key, r.time, r.value FROM ASKED CROSS JOIN LATERAL (
  SELECT time, value FROM devices_reading
  WHERE point_id = a.point AND time >= a.start AND time <= a.until AND quality < 2
  ORDER BY time LIMIT %(most)s) r
ORDER BY a.key, r.time""".replace("ASKED", ASKED)
# A counter between two readings is taken to have run evenly; after the last one it stands still.
AT = """LATERAL (
  SELECT CASE WHEN n.time > b.time THEN b.value + (n.value - b.value)
    * (extract(epoch FROM MOMENT - b.time) / extract(epoch FROM n.time - b.time))
    ELSE b.value END AS value
  FROM (SELECT time, value FROM devices_reading WHERE point_id = a.point AND time <= MOMENT
        AND time > MOMENT - interval '40 days' AND quality < 2 ORDER BY time DESC LIMIT 1) b
  LEFT JOIN (SELECT time, value FROM devices_reading WHERE point_id = a.point AND time >= MOMENT
        AND time < MOMENT + interval '40 days' AND quality < 2 ORDER BY time LIMIT 1) n ON true
)"""
CONSUMED = """
SELECT a.key, z.value - b.value FROM ASKED CROSS JOIN AT_START b CROSS JOIN AT_END z
WHERE z.value >= b.value"""
for word, sql in (
    ("AT_START", AT.replace("MOMENT", "a.start")),
    ("AT_END", AT.replace("MOMENT", "a.until")),
    ("ASKED", ASKED),
):
    CONSUMED = CONSUMED.replace(word, sql)
COUNTED = """
SELECT a.key, (SELECT count(DISTINCT date_bin(a.step, r.time, a.start)) FROM devices_reading r
  WHERE r.point_id = a.point AND r.time >= a.start AND r.time < a.until)::float8
  / ceil(extract(epoch FROM a.until - a.start) / extract(epoch FROM a.step))
FROM ASKED""".replace("ASKED", ASKED)
# A gateway is down if that is known, or if nobody of those behind it was heard since shortly after
# the device in question: with two of them at least, else it might as well be the device.
DOWN = """
SELECT a.key FROM unnest(%(keys)s::bigint[], %(gateways)s::uuid[], %(heard)s::timestamptz[])
  AS a(key, gateway, heard)
JOIN devices_gateway g ON g.id = a.gateway
CROSS JOIN LATERAL (SELECT count(*) AS devices, max(d.last_seen_at) AS last_at
  FROM devices_device d WHERE d.gateway_id = a.gateway) b
WHERE g.status = 'offline' OR (b.devices > 1 AND greatest(g.last_seen_at, b.last_at) <= a.heard)"""


class Watched(NamedTuple):
    """A watch with what decides about it; its columns are those of WATCHED."""

    id: int
    rule: UUID
    device: UUID
    point: int | None
    phase: int
    since: datetime | None
    value: float | None
    level: float | None
    seen_until: datetime
    organisation: UUID | None
    site: UUID | None
    way: list[UUID] | None
    gateway: UUID | None
    last_seen_at: datetime | None
    last_time: datetime | None
    created_at: datetime
    category: str
    offline_after_s: int
    zone_name: str

    @property
    def state(self) -> State:
        """Return where it stands."""
        return State(self.phase, self.since, self.value, self.level)

    @property
    def zone(self) -> ZoneInfo:
        """Return the clock of its place."""
        return ZoneInfo(self.zone_name)

    def patience(self, terms: Terms) -> timedelta:
        """Return how long it may be silent: as the rule says, else as its type does."""
        seconds = terms.rule.period_s
        return timedelta(seconds=self.offline_after_s if seconds is None else seconds)

    def heard(self, now: datetime) -> datetime:
        """Return when the device or point was last heard of; before the first, since watched."""
        last = self.last_time if self.point is not None else self.last_seen_at
        return min(now, last or self.seen_until)


class Question(NamedTuple):
    """What is asked of the readings of one watch: a point and a time."""

    key: int
    point: int
    start: datetime
    end: datetime
    step: timedelta = timedelta(0)


def watched(ids: Collection[int]) -> list[Watched]:
    """Return the watches with their places, in the order of their numbers; one query."""
    with connection.cursor() as cursor:
        cursor.execute(WATCHED, {"ids": list(ids)})
        return [Watched._make(row) for row in cursor.fetchall()]


def _ask(sql: str, questions: Sequence[Question], **more: Any) -> list[tuple[Any, ...]]:
    if not questions:
        return []
    keys, points, starts, ends, steps = zip(*questions, strict=True)
    values = {"keys": keys, "points": points, "starts": starts, "ends": ends, "steps": steps}
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: list(value) for name, value in values.items()} | more)
        return cursor.fetchall()


def readings_of(
    questions: Sequence[Question], *, most: int = MOST_SAMPLES
) -> dict[int, list[Sample]]:
    """Return the readings of each, oldest first, both ends included; one query."""
    found: dict[int, list[Sample]] = defaultdict(list)
    for key, moment, value in _ask(READINGS, questions, most=most):
        found[key].append(Sample(moment, value))
    return found


def consumed(questions: Sequence[Question]) -> dict[int, float]:
    """Return what each counter ran in its time; none where it fell or was not known; one query."""
    return dict(_ask(CONSUMED, questions))


def completeness(questions: Sequence[Question]) -> dict[int, float]:
    """Return which part of the expected readings of each are there; one query."""
    return dict(_ask(COUNTED, questions))


def behind_down_gateways(
    silent: Iterable[Watched], *, terms: Mapping[UUID, Terms], now: datetime
) -> set[int]:
    """Return which of the silent watches are so because their gateway is down; one query."""
    asked = [one for one in silent if one.gateway is not None]
    if not asked:
        return set()
    values: dict[str, Any] = {
        "keys": [one.id for one in asked],
        "gateways": [one.gateway for one in asked],
        "heard": [one.heard(now) + one.patience(terms[one.rule]) / 2 for one in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(DOWN, values)
        return {key for (key,) in cursor.fetchall()}
