"""Answers of series: every reading in pages, or buckets of an interval; as JSON or CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from config.lib.problems import InvalidParameters
from config.lib.times import format_time
from config.lib.units import symbol_of
from devices.api.readings import as_csv, as_json
from devices.api.serializers.readings import CSV
from devices.choices import Aggregate, ValueType
from devices.models import Device, Point
from devices.selectors import points_of, raw_series, time_zone_of
from devices.series.answers import Column, Range, default_aggregate, fits, interval_series
from devices.windows import SeriesAccess

CSV_HEADER = [
    "point",
    "unit",
    "aggregate",
    "time",
    "value",
    "coverage",
    "quality",
    "flags",
    "label",
]
SECOND = "s"
PAGING = ("cursor", "limit")


def _refused(parameter: str, code: str, *, text: str) -> InvalidParameters:
    return InvalidParameters({parameter: [ErrorDetail(text, code=code)]})


def named_points(device: Device, keys: str) -> list[Point]:
    """Return the points asked for, in that order; all of them if none is named.

    Raises: InvalidParameters, if the device lacks one.
    """
    known = {point.type.key: point for point in points_of(device)}
    asked = [key for key in keys.split(",") if key] or list(known)
    if unknown := sorted(set(asked) - set(known)):
        text = f"The device has no point {', '.join(unknown)}. It has {', '.join(known)}."
        raise _refused("points", "unknown-point", text=text)
    return [known[key] for key in dict.fromkeys(asked)]


def raw_answer(
    request: Request,
    device: Device,
    points: Sequence[Point],
    *,
    access: SeriesAccess,
    asked: Mapping[str, Any],
) -> HttpResponse:
    """Answer with every reading, a page at a time."""
    if asked["aggregate"]:
        raise _refused(
            "aggregate", "invalid", text="Every reading has no aggregate; ask an interval."
        )
    spans = access.spans(
        asked["start"], asked["end"], interval=asked["interval"], now=timezone.now()
    )
    series, place = raw_series(points, spans=spans, limit=asked["limit"], after=asked["cursor"])
    following = None
    if place is not None:
        url = request.build_absolute_uri()
        following = replace_query_param(url, "cursor", str(place))
    if request.accepted_renderer.format == CSV:
        return as_csv(series, following=following)
    return as_json(series, **_about(device, asked), next=following)


def interval_answer(
    request: Request,
    device: Device,
    points: Sequence[Point],
    *,
    access: SeriesAccess,
    asked: Mapping[str, Any],
) -> HttpResponse:
    """Answer with the buckets of an interval, all at once."""
    if given := sorted(set(PAGING) & set(request.query_params)):
        raise _refused(
            given[0], "invalid", text="Intervals come at once; only readings have pages."
        )
    wanted = _aggregates(points, asked, is_named=bool(asked["points"]))
    zone = ZoneInfo(asked["timezone"]) if asked["timezone"] else None
    limits = (asked["start"], asked["end"], timezone.now())
    series = interval_series(
        device, wanted, access=access, asked=Range(asked["interval"], *limits, zone)
    )
    if request.accepted_renderer.format == CSV:
        return _columns_as_csv(series)
    body = {**_about(device, asked), "series": [_shown(one) for one in series], "next": None}
    return Response(body)


def _about(device: Device, asked: Mapping[str, Any]) -> dict[str, Any]:
    zone = asked["timezone"] or time_zone_of(device)
    return {"device": str(device.pk), "interval": asked["interval"], "timezone": zone}


def _aggregates(
    points: Iterable[Point], asked: Mapping[str, Any], *, is_named: bool
) -> list[tuple[Point, Aggregate]]:
    """Return what to tell of which point; of those nobody named, only what fits.

    Raises: InvalidParameters, if a point was named that has no such sums.
    """
    found = []
    for point in points:
        key = point.type.key
        aggregate = Aggregate(asked["aggregate"] or default_aggregate(point))
        if point.type.value_type != ValueType.TEXT and fits(point, aggregate):
            found.append((point, aggregate))
        elif is_named and point.type.value_type == ValueType.TEXT:
            raise _refused("points", "no-sums", text=f"{key} is text; ask for interval=raw.")
        elif is_named:
            raise _refused("aggregate", "no-sums", text=f"{key} has no {aggregate.value}.")
    return found


def _unit(column: Column) -> str:
    return SECOND if column.aggregate == Aggregate.DURATION else column.point.type.unit


def _shown(column: Column) -> dict[str, Any]:
    unit = _unit(column)
    return {
        "point": column.point.type.key,
        **({} if column.label is None else {"label": column.label}),
        "unit": unit or None,
        "symbol": symbol_of(unit) if unit else None,
        "aggregate": column.aggregate.value,
        "times": column.times,
        "values": column.values,
        "coverage": column.coverage,
        "quality": column.quality,
        "flags": column.flags,
    }


def _columns_as_csv(series: Iterable[Column]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_HEADER)
    for one in series:
        about = [one.point.type.key, _unit(one), one.aggregate.value]
        columns = (one.times, one.values, one.coverage, one.quality, one.flags)
        for time, *values, flags in zip(*columns, strict=True):
            writer.writerow([*about, format_time(time), *values, " ".join(flags), one.label])
    return HttpResponse(text.getvalue(), "text/csv; charset=utf-8")
