"""The SQL that sums readings up, the same for what is stored and for what is only read.

A bucket of a counter holds the readings after its beginning until its end, so that a reading at
midnight closes the day before; all other buckets hold those from their beginning until before
their end. Source: docs/time-series.md, "Rollups" and "Rules".
"""

from devices.series.buckets import Level

ORIGIN = "timestamptz '2000-01-01 00:00+00'"
# How far the time of a counter's reading is set back to find its bucket.
TICK = "interval '1 microsecond'"
# A fall to less than this part of the value before is a new start from zero.
RESET_PART = 20
# A fall that the width explains by at most this part of it is a roll-over.
ROLLOVER_PART = 4
RUNS = """SELECT * FROM unnest(%(points)s::bigint[], %(lows)s::timestamptz[],
    %(highs)s::timestamptz[], %(floors)s::timestamptz[], %(counters)s::bool[],
    %(widths)s::float8[], %(zones)s::text[])
  WITH ORDINALITY AS u(point_id, low, high, floor, is_counter, width, zone, run)"""
# The reading before a counter's run belongs to it as what its first step is taken from. Each run is
# looked up by itself (OFFSET 0): a join by point would pair all runs of a point with all readings.
_QUARTERS = """
SELECT point_id, bucket, min(zone) AS zone, count(*)::int AS count, sum(value) AS sum,
  min(value) AS min, max(value) AS max, min(value) FILTER (WHERE is_first) AS first,
  min(value) FILTER (WHERE is_last) AS last, min(time) AS first_time, max(time) AS last_time,
  sum(CASE fall WHEN 0 THEN value - prev WHEN 8 THEN value + width - prev WHEN 4 THEN value
      WHEN 16 THEN 0 END) AS delta,
  bit_or(coalesce(fall, 0) | quality
    | CASE WHEN is_counter AND time - before > interval '15 minutes' THEN 32 ELSE 0 END) AS flags,
  min(before) FILTER (WHERE is_first AND is_counter) AS before,
  CASE WHEN bool_or(is_counter) THEN extract(epoch FROM max(time)
    - greatest(coalesce(min(before) FILTER (WHERE is_first), min(time)), bucket))::float8
    ELSE 900 END AS covered
FROM (
  SELECT *, coalesce(before - tick < bucket, true) AS is_first,
    coalesce(after - tick >= bucket + interval '15 minutes', true) AS is_last,
    CASE WHEN prev IS NULL THEN NULL WHEN value >= prev THEN 0
      WHEN value + width - prev BETWEEN 0 AND width / {rollover} THEN 8
      WHEN value >= 0 AND value * {reset} <= prev THEN 4 ELSE 16 END AS fall
  FROM (
    SELECT point_id, zone, low, is_counter, width, time, value, quality, before, after, tick,
      CASE WHEN is_counter THEN prev END AS prev,
      date_bin('15 minutes', time - tick, {origin}) AS bucket
    FROM (
      SELECT s.*, r.time, r.value, r.quality,
        CASE WHEN s.is_counter THEN {tick} ELSE interval '0' END AS tick,
        lag(r.value) OVER w AS prev, lag(r.time) OVER w AS before, lead(r.time) OVER w AS after
      FROM (
        SELECT u.*, coalesce(CASE WHEN is_counter THEN (
          SELECT r.time FROM devices_reading r WHERE r.point_id = u.point_id AND r.time < u.low
            AND r.time >= u.floor ORDER BY r.time DESC LIMIT 1) END, low) AS scan
        FROM ({runs}) u OFFSET 0) s
      CROSS JOIN LATERAL (SELECT r.time, r.value, r.quality FROM devices_reading r
        WHERE r.point_id = s.point_id AND r.time >= s.scan AND r.time < s.high OFFSET 0) r
      WINDOW w AS (PARTITION BY s.run ORDER BY r.time)) stepped
    WHERE time >= low) placed) judged
GROUP BY point_id, bucket"""
QUARTERS = _QUARTERS.format(
    runs=RUNS, rollover=ROLLOVER_PART, reset=RESET_PART, origin=ORIGIN, tick=TICK
)

# What a row of any level holds, in the order of all statements here.
COLUMNS = "count, sum, min, max, first, last, first_time, last_time, delta, flags, before, covered"
_PART = "SELECT point_id, bucket, zone, {columns} FROM ({source}) part"
_THEIRS = "s." + COLUMNS.replace(", ", ", s.")
SPANS = """SELECT * FROM unnest(%({0}_points)s::bigint[], %({0}_since)s::timestamptz[],
    %({0}_until)s::timestamptz[], %({0}_zones)s::text[]) AS u(point_id, since, until, zone)"""

_STORED = """
SELECT s.point_id, s.bucket, u.zone, {columns} FROM ({spans}) u
CROSS JOIN LATERAL (SELECT s.* FROM devices_rollup s
  WHERE s.point_id = u.point_id AND s.resolution = {level}
    AND s.bucket >= u.since AND s.bucket < u.until
    AND s.bucket >= %({name}_first)s AND s.bucket < %({name}_last)s OFFSET 0) s"""

# Many points with one span: no join, so that all are found by one scan of each month.
_STORED_ALIKE = """
SELECT s.point_id, s.bucket, %({name}_zone)s::text AS zone, {columns} FROM devices_rollup s
WHERE s.point_id = ANY(%({name}_points)s::bigint[]) AND s.resolution = {level}
  AND s.bucket >= %({name}_first)s AND s.bucket < %({name}_last)s"""


def part(source: str) -> str:
    """Return the rows in one order of columns, to be united with others."""
    return _PART.format(columns=COLUMNS, source=source)


def stored(level: Level, name: str) -> str:
    """Return what reads the rows of a level that lie in the spans of that name."""
    return _STORED.format(spans=SPANS.format(name), name=name, columns=_THEIRS, level=level.value)


def stored_alike(level: Level, name: str) -> str:
    """Return what reads the rows of a level of points that have one span in common."""
    return _STORED_ALIKE.format(name=name, columns=_THEIRS, level=level.value)


# Where clocks move by half an hour, an hour ends with that and another begins.
_HOUR = """(SELECT CASE WHEN extract(minute FROM hour AT TIME ZONE zone) = 0 THEN hour ELSE (
    SELECT min(quarter) FROM generate_series(hour, bucket, interval '15 minutes') AS quarter
    WHERE bucket AT TIME ZONE zone - quarter AT TIME ZONE zone = bucket - quarter) END
  FROM (SELECT date_trunc('hour', bucket, zone) AS hour) clock)"""


def beginning(level: Level, *, has_plain_hours: bool) -> str:
    """Return the beginning of the bucket that holds a finer one, by the clock of its zone."""
    if level is Level.HOUR:
        return f"date_bin('1 hour', bucket, {ORIGIN})" if has_plain_hours else _HOUR
    unit = "day" if level is Level.DAY else "month"
    start = f"date_trunc('{unit}', bucket, zone)"
    # Where clocks go back over midnight the day begins at the first of the two.
    earlier = f"{start} - interval '1 hour'"
    return f"""CASE WHEN ({earlier}) AT TIME ZONE zone = {start} AT TIME ZONE zone
      THEN {earlier} ELSE {start} END"""


_LONGEST = {
    Level.QUARTER: "15 minutes",
    Level.HOUR: "1 hour",
    Level.DAY: "25 hours",
    Level.MONTH: "745 hours",
}

# The key is worked out once a row: OFFSET 0 keeps it from being copied to wherever it is used.
_COMPOSED = """
SELECT point_id, bucket, min(zone) AS zone, sum(count)::int AS count, sum(sum) AS sum,
  min(min) AS min, max(max) AS max, min(first) FILTER (WHERE is_first) AS first,
  min(last) FILTER (WHERE is_last) AS last, min(first_time) AS first_time,
  max(last_time) AS last_time, sum(delta) AS delta,
  bit_or(flags & 31 | CASE WHEN first_time - before > interval '{longest}'
    THEN 32 ELSE 0 END) AS flags,
  min(before) FILTER (WHERE is_first) AS before,
  sum(CASE WHEN before IS NULL THEN covered
    ELSE extract(epoch FROM last_time - greatest(before, bucket))::float8 END) AS covered
FROM (
  SELECT point_id, key AS bucket, zone, {columns}, lag(bucket) OVER w IS NULL AS is_first,
    lead(bucket) OVER w IS NULL AS is_last
  FROM (SELECT *, {key} AS key FROM ({source}) fine OFFSET 0) keyed
  WINDOW w AS (PARTITION BY point_id, key ORDER BY bucket)) ordered
GROUP BY point_id, bucket"""


def composed(source: str, level: Level, *, has_plain_hours: bool) -> str:
    """Return what sums the rows of a finer level up to those of this one.

    Whether more time than a bucket has lies between two readings is judged anew. Hours are plain
    where those of the zones begin when those of UTC do: that is the cheaper statement.
    """
    return _COMPOSED.format(
        source=source,
        key=beginning(level, has_plain_hours=has_plain_hours),
        longest=_LONGEST[level],
        columns=COLUMNS,
    )


_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", "))
_OLD = ", ".join(f"devices_rollup.{name}" for name in COLUMNS.split(", "))
_NEW = ", ".join(f"excluded.{name}" for name in COLUMNS.split(", "))

# What is there already is compared; what is new needs no look for a conflict, since the points are
# locked. Both are told apart by sorting them together: the planner cannot guess how many there are,
# and any join, or asking for membership, is quadratic as soon as it guesses wrongly.
_WRITTEN = """
WITH judged AS MATERIALIZED (
  SELECT *, bool_or(NOT is_fresh) OVER w AS was_there, bool_or(is_fresh) OVER w AS stays
  FROM (
    SELECT point_id, bucket, {columns}, true AS is_fresh FROM ({fresh}) fresh
    UNION ALL
    SELECT d.point_id, d.bucket, {nothing}, false FROM ({spans}) u CROSS JOIN LATERAL (
      SELECT d.point_id, d.bucket FROM devices_rollup d
      WHERE d.point_id = u.point_id AND d.resolution = {level}
        AND d.bucket >= u.since AND d.bucket < u.until OFFSET 0) d) known
  WINDOW w AS (PARTITION BY point_id, bucket)),
renewed AS (
  INSERT INTO devices_rollup (point_id, resolution, bucket, {columns})
  SELECT point_id, {level}, bucket, {columns} FROM judged WHERE is_fresh AND was_there
  ON CONFLICT (point_id, resolution, bucket) DO UPDATE SET {updates}
  WHERE ({old}) IS DISTINCT FROM ({new})),
added AS (
  INSERT INTO devices_rollup (point_id, resolution, bucket, {columns})
  SELECT point_id, {level}, bucket, {columns} FROM judged WHERE is_fresh AND NOT was_there
  ORDER BY point_id, bucket)
SELECT point_id, bucket FROM judged WHERE NOT stays"""
_NOTHING = ", ".join("NULL" for _ in COLUMNS.split(", "))
# The points once more as a list of their own, so that no plan looks at those of others.
FORGET = """
DELETE FROM devices_rollup d
USING unnest(%(points)s::bigint[], %(buckets)s::timestamptz[]) AS u(point_id, bucket)
WHERE d.point_id = u.point_id AND d.resolution = %(level)s AND d.bucket = u.bucket
  AND d.point_id = ANY(%(points)s::bigint[]) AND d.bucket >= %(first)s AND d.bucket <= %(last)s"""


def written(fresh: str, level: Level, name: str) -> str:
    """Return what writes the fresh rows of the spans of that name, and answers with the keys of the
    stored ones of which nothing is left: these are to be forgotten.
    """
    return _WRITTEN.format(
        fresh=fresh,
        spans=SPANS.format(name),
        level=level.value,
        columns=COLUMNS,
        nothing=_NOTHING,
        updates=_UPDATES,
        old=_OLD,
        new=_NEW,
    )


# Quarter hours with marks, neighbours as one stretch.
MARKED = """
SELECT point_id, min(bucket), max(bucket) + interval '15 minutes' FROM (
  SELECT point_id, bucket, bucket - interval '15 minutes'
    * row_number() OVER (PARTITION BY point_id ORDER BY bucket) AS island
  FROM {source}) marked
GROUP BY point_id, island ORDER BY point_id, 2"""
# The first reading of a counter behind each stretch: its step is taken from another one now.
NEXT = """
SELECT u.stretch, (SELECT r.time FROM devices_reading r
  WHERE r.point_id = u.point_id AND r.time > u.moment ORDER BY r.time LIMIT 1)
FROM unnest(%(points)s::bigint[], %(moments)s::timestamptz[])
  WITH ORDINALITY AS u(point_id, moment, stretch)"""
# The first reading of a counter behind each border, if its stored step begins before the floor:
# where another reading lies between, the stored sum holds nothing from beyond.
_FIRST = """
SELECT f.border, f.time FROM (
  SELECT u.*, (SELECT r.time FROM devices_reading r
    WHERE r.point_id = u.point_id AND r.time > u.moment ORDER BY r.time LIMIT 1) AS time
  FROM unnest(%(points)s::bigint[], %(moments)s::timestamptz[], %(floors)s::timestamptz[])
    WITH ORDINALITY AS u(point_id, moment, floor, border)) f
LEFT JOIN devices_rollup s ON s.point_id = f.point_id AND s.resolution = 15
  AND s.bucket = date_bin('15 minutes', f.time - {tick}, {origin})
WHERE f.time IS NOT NULL AND (s.point_id IS NULL OR s.before < f.floor)"""
FIRST = _FIRST.format(tick=TICK, origin=ORIGIN)
