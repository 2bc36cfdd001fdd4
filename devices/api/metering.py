"""Answers of consumption: columns as JSON or CSV."""

import csv
import io
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone

from config.lib.times import format_time
from config.lib.units import symbol_of
from devices.metering.consumption import Consumption
from devices.series.answers import Range

HEADER = ["metering_point", "name", "medium", "direction", "unit", "time", "value"]
COLUMNS = ("times", "values", "coverage", "quality", "flags")


def range_of(asked: Mapping[str, Any]) -> Range:
    """Return what the query asks for."""
    zone = ZoneInfo(asked["timezone"]) if asked["timezone"] else None
    return Range(asked["interval"], asked["start"], asked["end"], timezone.now(), zone)


def shown(found: Consumption, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the consumption as it is told."""
    point = found.metering_point
    return {
        "metering_point": str(point.pk),
        "name": point.name,
        "medium": point.medium,
        "direction": point.direction,
        "interval": asked["interval"],
        "timezone": asked["timezone"] or point.site.time_zone,
        "unit": point.unit,
        "symbol": symbol_of(point.unit),
        **{name: getattr(found, name) for name in COLUMNS},
    }


def problem_of(found: Consumption) -> dict[str, Any] | None:
    """Return why one of many is not told."""
    if found.refused is None:
        return None
    return {"code": found.refused.slug, "detail": str(found.refused), **found.refused.data}


def as_csv(found: Consumption) -> HttpResponse:
    """Return the consumption as a table."""
    text, point = io.StringIO(), found.metering_point
    writer = csv.writer(text)
    writer.writerow([*HEADER, "coverage", "quality", "flags"])
    about = [point.pk, point.name, point.medium, point.direction, point.unit]
    for time, *values, flags in zip(*(getattr(found, name) for name in COLUMNS), strict=True):
        writer.writerow([*about, format_time(time), *values, " ".join(flags)])
    return HttpResponse(text.getvalue(), "text/csv; charset=utf-8")
