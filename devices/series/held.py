"""The SQL that keeps, beside the sums of a state, for how long each value held.

A value holds until the next reading. ``held`` has the seconds of each value between the first and
the last reading of a sum, and is kept only where more than one value occurred: what lies between
two sums, their own readings tell. So quiet hours need no rows, and a late reading changes the sums
it belongs to alone. Source: docs/time-series.md, "States".
"""

from devices.series.buckets import Level
from devices.series.statements import ORIGIN, SPANS, beginning

NAME = "states"
_SPANS = SPANS.format(NAME)
_OF_READINGS = """
  SELECT point_id, bucket, value, extract(epoch FROM until - time) AS seconds FROM (
    SELECT r.*, lead(time) OVER (PARTITION BY point_id, bucket ORDER BY time) AS until FROM (
      SELECT u.point_id, r.time, r.value, date_bin('15 minutes', r.time, {origin}) AS bucket
      FROM ({spans}) u CROSS JOIN LATERAL (SELECT r.time, r.value FROM devices_reading r
        WHERE r.point_id = u.point_id AND r.time >= u.since AND r.time < u.until OFFSET 0) r
    ) r) r
  WHERE until IS NOT NULL"""
# Of each finer sum what it holds itself, and its last value until the next one begins.
_OF_SUMS = """
  SELECT f.point_id, f.key AS bucket, p.value, p.seconds FROM (
    SELECT k.*, lead(first_time) OVER (PARTITION BY point_id, key ORDER BY bucket) AS until
    FROM (SELECT *, {key} AS key FROM (
      SELECT d.point_id, d.bucket, u.zone, d.first_time, d.last, d.last_time, d.held
      FROM ({spans}) u CROSS JOIN LATERAL (SELECT d.* FROM devices_rollup d
        WHERE d.point_id = u.point_id AND d.resolution = {level}
          AND d.bucket >= u.since AND d.bucket < u.until OFFSET 0) d) fine OFFSET 0) k) f
  CROSS JOIN LATERAL (
    SELECT inside.key::float8, inside.value::numeric FROM jsonb_each_text(f.held) inside
    UNION ALL SELECT f.last, extract(epoch FROM f.last_time - f.first_time) WHERE f.held IS NULL
    UNION ALL SELECT f.last, extract(epoch FROM f.until - f.last_time) WHERE f.until IS NOT NULL
  ) p(value, seconds)"""
# The points and times once more by themselves, so that no plan looks at all that is stored.
_KEPT = """
WITH stale AS MATERIALIZED (
  SELECT d.* FROM ({spans}) u CROSS JOIN LATERAL (
    SELECT d.point_id, d.bucket, d.min < d.max AS is_mixed FROM devices_rollup d
    WHERE d.point_id = u.point_id AND d.resolution = {level}
      AND d.bucket >= u.since AND d.bucket < u.until OFFSET 0) d),
fresh AS MATERIALIZED (
  SELECT point_id, bucket, jsonb_object_agg(value::int, seconds) AS held FROM (
    SELECT point_id, bucket, value, sum(seconds) AS seconds FROM ({parts}) part
    GROUP BY point_id, bucket, value) whole
  GROUP BY point_id, bucket),
kept AS (
  SELECT s.point_id, s.bucket, CASE WHEN s.is_mixed THEN f.held END AS held
  FROM stale s LEFT JOIN fresh f ON f.point_id = s.point_id AND f.bucket = s.bucket)
UPDATE devices_rollup d SET held = k.held FROM kept k
WHERE d.point_id = k.point_id AND d.resolution = {level} AND d.bucket = k.bucket
  AND d.point_id = ANY(%({name}_points)s::bigint[]) AND d.bucket >= %({name}_first)s
  AND d.bucket < %({name}_last)s AND d.held IS DISTINCT FROM k.held"""

# What the quarter hours of the spans hold, from their readings.
KEPT_QUARTERS = _KEPT.format(
    name=NAME,
    spans=_SPANS,
    level=Level.QUARTER.value,
    parts=_OF_READINGS.format(spans=_SPANS, origin=ORIGIN),
)


def kept(finer: Level, level: Level, *, has_plain_hours: bool) -> str:
    """Return what keeps, in the sums of a level, what the finer ones hold."""
    key = beginning(level, has_plain_hours=has_plain_hours)
    parts = _OF_SUMS.format(key=key, spans=_SPANS, level=finer.value)
    return _KEPT.format(name=NAME, spans=_SPANS, level=level.value, parts=parts)
