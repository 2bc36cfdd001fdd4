"""What devices know: latest values and raw series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet
from psycopg.sql import SQL, Composed, Identifier, Literal

from accounts.principals import Principal
from config.lib.compiled import row_of
from config.lib.units import symbol_of
from devices.choices import Quality, ValueType
from devices.models import Device, Point

Span = tuple[datetime, datetime]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TABLES = {True: "devices_reading_text", False: "devices_reading"}
QUALITIES = {quality.value: quality.label for quality in Quality}
ROWS = SQL(
    "(SELECT {point}::bigint, time, value, quality FROM {table} WHERE point_id = {point}"
    " AND time >= {start} AND time < {end} ORDER BY time LIMIT {limit})"
)


# What the body of a device shows, in its order, and the columns that hold it.
DEVICE_COLUMNS = {
    "id": "pk",
    "name": "name",
    "reported_name": "reported_name",
    "serial": "asset__serial",
    "type": "type__key",
    "asset": "asset_id",
    "fleet": "fleet_id",
    "organisation": "organisation_id",
    "site": "site_id",
    "space": "space_id",
    "gateway": "gateway_id",
    "status": "status",
    "last_seen_at": "last_seen_at",
    "tags": "tags",
    "created_at": "created_at",
    "updated_at": "updated_at",
}


class Version(NamedTuple):
    """What an ETag is made of."""

    pk: UUID
    updated_at: datetime


def describe_device(key: UUID, *, principal: Principal) -> tuple[dict[str, Any], Version] | None:
    """Return the body of a visible device and its version; one query, compiled beforehand."""
    gate = Device.objects.all().visible_condition(principal)
    row = row_of(Device, key, gate=gate, columns=tuple(DEVICE_COLUMNS.values()))
    if row is None:
        return None
    body = dict(zip(DEVICE_COLUMNS, row, strict=True))
    body["tags"] = orjson.loads(body["tags"])
    return body, Version(key, body["updated_at"])


class Typed(Protocol):
    """What says how a value is met: a type of point, or the part of it that was looked up."""

    @property
    def value_type(self) -> str:
        """Return the kind of value."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Return what the numbers of an enum mean."""


def shown(value: Any, type_: Typed) -> Any:
    """Return a stored value as people and machines meet it: true, a label, a number, a text."""
    if value is None or type_.value_type in {ValueType.NUMBER, ValueType.TEXT}:
        return value
    if type_.value_type == ValueType.BOOLEAN:
        return bool(value)
    return type_.labels.get(str(int(value)), int(value))


def time_zone_of(device: Device) -> str:
    """Return the zone of the device's days: its site's, else its organisation's; one query."""
    zones = Device.objects.filter(pk=device.pk).values_list(
        "site__time_zone", "organisation__time_zone"
    )
    at_site, at_home = zones.get()
    return at_site or at_home or "UTC"


def points_of(device: Device) -> QuerySet[Point]:
    """Return the points of a device with their types, by key; one query."""
    return Point.objects.filter(device=device).select_related("type").order_by("type__key")


def latest_of(point: Point) -> str:
    """Return the latest value of a point with its unit, for people; a dash before the first."""
    is_text = point.type.value_type == ValueType.TEXT
    value = shown(point.last_text if is_text else point.last_value, point.type)
    return "—" if value is None else f"{value} {symbol_of(point.type.unit)}".strip()


class Place(NamedTuple):
    """Where a series is cut: the point, and the time of the last value that was given."""

    point: int
    time: datetime

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Return the place that the text stands for.

        Raises: ValueError, if it is none of ours.
        """
        point, _, time = text.partition("-")
        if not (point.isdigit() and time.isdigit() and text.isascii() and len(text) < 40):
            raise ValueError(text)
        try:
            return cls(int(point), EPOCH + int(time) * MICROSECOND)
        except OverflowError as error:
            raise ValueError(text) from error

    def __str__(self) -> str:
        return f"{self.point}-{(self.time - EPOCH) // MICROSECOND}"


@dataclass(frozen=True, slots=True)
class RawSeries:
    """The readings of one point in columns, oldest first."""

    point: Point
    times: list[datetime] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)


def _statement(
    points: Sequence[Point], spans: Sequence[Span], *, limit: int, after: Place | None
) -> Composed:
    """Return one statement that reads the points one after the other, each by its index.

    It stops as soon as it has enough, so that a page costs the same in a year as in a day.
    """
    parts = []
    for point, (start, end) in product(points, spans):
        is_next = after is not None and point.pk == after.point
        first = max(start, after.time + MICROSECOND) if after and is_next else start
        table = TABLES[point.type.value_type == ValueType.TEXT]
        names = {"table": Identifier(table), "point": Literal(point.pk)}
        values = {"start": Literal(first), "end": Literal(end), "limit": Literal(limit)}
        parts.append(ROWS.format(**names, **values))
    return SQL(" UNION ALL ").join(parts)


def _rows(
    points: Sequence[Point], spans: Sequence[Span], *, limit: int, after: Place | None
) -> Iterator[Any]:
    """Yield the rows of numbers, then those of texts: two queries at most."""
    left = limit
    for is_text in (False, True):
        kinds = [point for point in points if (point.type.value_type == ValueType.TEXT) is is_text]
        if kinds and spans and left > 0:
            text = SQL("SELECT * FROM ({}) AS found LIMIT {}").format(
                _statement(kinds, spans, limit=limit, after=after), Literal(left)
            )
            with connection.cursor() as cursor:
                cursor.execute(text)
                rows = cursor.fetchall()
            left -= len(rows)
            yield from rows


def raw_series(
    points: Sequence[Point],
    *,
    spans: Sequence[Span],
    limit: int,
    after: Place | None = None,
) -> tuple[list[RawSeries], Place | None]:
    """Return the readings of the spans, and where to go on if there is more.

    Args: the spans, each from its start until before its end, oldest first and without overlap.

    Shape: one series per point in the order given (numbers before texts), the first ``limit``
    readings in all, counted point by point; two queries at most.
    """
    ordered = sorted(points, key=lambda point: point.type.value_type == ValueType.TEXT)
    keys = [point.pk for point in ordered]
    first = keys.index(after.point) if after and after.point in keys else 0
    found = {point.pk: RawSeries(point) for point in ordered}
    place = None
    for number, (key, time, value, quality) in enumerate(
        _rows(ordered[first:], spans, limit=limit + 1, after=after)
    ):
        if number == limit:
            return list(found.values()), place
        series = found[key]
        series.times.append(time)
        series.values.append(shown(value, series.point.type))
        series.quality.append(QUALITIES[quality])
        place = Place(key, time)
    return list(found.values()), None


# The point of a device whose buckets tell best whether it reports: a counter before anything else.
REPORTING_POINT = """
SELECT DISTINCT ON (p.device_id) p.id, p.device_id
FROM devices_point p JOIN devices_pointtype t ON t.id = p.type_id
WHERE p.device_id = ANY(%(devices)s) AND p.last_time IS NOT NULL
ORDER BY p.device_id, t.nature <> 'counter', p.last_time DESC, p.id"""
COVERED_BY_DAY = """
SELECT point_id, floor(extract(epoch FROM bucket - %(since)s) / 86400)::int AS day,
       sum(least(coalesce(covered, 900), 900)) / 86400
FROM devices_rollup
WHERE point_id = ANY(%(points)s) AND resolution = 15
  AND bucket >= %(since)s AND bucket < %(until)s
GROUP BY point_id, day"""
DAYS_OF_COVERAGE = 7


def coverage_by_day(devices: Sequence[UUID], *, until: datetime) -> dict[UUID, dict[int, float]]:
    """Return what share of each of the last seven days the devices' values cover (two queries).

    Days are whole turns of 24 hours that end at ``until``; 0 is the oldest. From the quarter hours
    that were summed up already, of one point of each device.
    """
    since = until - timedelta(days=DAYS_OF_COVERAGE)
    with connection.cursor() as cursor:
        cursor.execute(REPORTING_POINT, {"devices": list(devices)})
        owners = dict(cursor.fetchall())
        cursor.execute(COVERED_BY_DAY, {"points": list(owners), "since": since, "until": until})
        found: dict[UUID, dict[int, float]] = {}
        for point, day, share in cursor.fetchall():
            found.setdefault(owners[point], {})[day] = min(share, 1.0)
    return found
