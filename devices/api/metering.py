"""Answers of consumption: columns as JSON or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from accounts.principals import Principal
from config.lib.times import format_time
from config.lib.units import symbol_of
from devices.metering.consumption import Consumption, read_consumption
from devices.models import MeteringPoint
from devices.series.answers import Range

ABOUT = ("metering_point", "name", "medium", "direction", "unit")
HEADER, REST = (*ABOUT, "time", "value"), ("coverage", "quality", "flags")
CSV_TYPE = "text/csv; charset=utf-8"
# So many metering points are read together.
AT_ONCE = 100
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
    return HttpResponse(_table([[*HEADER, *REST], *_rows(found)]), CSV_TYPE)


def streamed_csv(
    points: QuerySet[MeteringPoint], *, asked: Range, principal: Principal
) -> StreamingHttpResponse:
    """Return the consumption of all the metering points as one table, a hundred at a time.

    One that may not be read so finely has a single line, whose `problem` says why.
    Raises: SeriesTooLong, for the first hundred.
    """
    parts = _parts(points, asked, principal)
    return StreamingHttpResponse(chain(list(islice(parts, 2)), parts), CSV_TYPE)


def _parts(points: QuerySet[MeteringPoint], asked: Range, principal: Principal) -> Iterator[str]:
    yield _table([[*HEADER, *REST, "problem"]])
    last = UUID(int=0)
    while some := list(points.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for found in read_consumption(some, asked=asked, principal=principal):
            if found.refused is not None:
                empty = [""] * (len(HEADER) - len(ABOUT) + len(REST))
                yield _table([[*_about(found), *empty, found.refused.slug]])
            else:
                yield _table([*row, ""] for row in _rows(found))
        last = some[-1].pk


def _rows(found: Consumption) -> Iterator[list[Any]]:
    about = _about(found)
    for time, *values, flags in zip(*(getattr(found, name) for name in COLUMNS), strict=True):
        yield [*about, format_time(time), *values, " ".join(flags)]


def _about(found: Consumption) -> list[Any]:
    point = found.metering_point
    return [point.pk, point.name, point.medium, point.direction, point.unit]


def _table(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
