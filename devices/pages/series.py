"""The series behind the chart of a device: one point over a range, as JSON or CSV."""

import csv
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.choices import Resolution
from config.lib.errors import DomainError, InvalidInput
from config.lib.problems import domain_problem, walk
from config.lib.serializers import TextField, TimeField
from config.lib.times import format_time
from config.lib.units import symbol_of
from devices.models import Device, Point
from devices.pages.operations import OperationsPage
from devices.pages.words import named
from devices.selectors import points_of, raw_series, time_zone_of
from devices.series.answers import Range, default_aggregate, interval_series
from devices.series_access import series_access

MOST_RAW = 5_000
MOST_SUMS = 40_000
LONGEST = timedelta(days=3_700)


class ChartQuery(serializers.Serializer[Any]):
    """Which point, from when until when, how finely."""

    point = TextField()
    start = TimeField()
    end = TimeField()
    interval = serializers.ChoiceField(choices=Resolution.choices, default=Resolution.RAW)
    format = serializers.ChoiceField(choices=["json", "csv"], default="json")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range that ends before it begins, or that nobody can look at."""
        if not timedelta(0) < attrs["end"] - attrs["start"] <= LONGEST:
            text = _("Choose an end after the start, within ten years.")
            raise serializers.ValidationError({"end": text})
        return attrs


class SeriesPage(OperationsPage):
    """What the chart draws."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Return the series of a device that the person may see, or a problem in plain words."""
        visible = Device.objects.visible_to(self.principal)
        device = get_object_or_404(visible, pk=id)
        try:
            asked = _asked(request)
            body = self._series(device, asked)
        except DomainError as error:
            return domain_problem(error)
        if asked["format"] == "csv":
            return _as_csv(body)
        return HttpResponse(orjson.dumps(body, option=orjson.OPT_UTC_Z), "application/json")

    def _series(self, device: Device, asked: dict[str, Any]) -> dict[str, Any]:
        point = points_of(device).filter(type__key=asked["point"]).first()
        if point is None:
            raise InvalidInput([("#/point", "unknown-point", "The device has no such point.")])
        columns, is_cut = self._columns(device, point, asked=asked)
        return {
            "point": point.type.key,
            "name": named(point.type.name),
            "unit": point.type.unit or None,
            "symbol": symbol_of(point.type.unit),
            "interval": asked["interval"],
            "zone": time_zone_of(device),
            "start": asked["start"],
            "end": asked["end"],
            "is_cut": is_cut,
            **columns,
        }

    def _columns(
        self, device: Device, point: Point, *, asked: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        access, now = series_access(device, self.principal), timezone.now()
        start, end, interval = asked["start"], asked["end"], asked["interval"]
        if interval == Resolution.RAW:
            spans = access.spans(start, end, interval=interval, now=now)
            (series,), place = raw_series([point], spans=spans, limit=MOST_RAW)
            told = {"times": series.times, "values": series.values, "quality": series.quality}
            return {**told, "aggregate": None}, place is not None
        wanted = default_aggregate(point)
        span = Range(interval, start, end, now, ZoneInfo(time_zone_of(device)))
        (column,) = interval_series(
            device, [(point, wanted)], access=access, asked=span, limit=MOST_SUMS
        )
        told = {"times": column.times, "values": column.values, "quality": column.quality}
        return {**told, "coverage": column.coverage, "aggregate": wanted.value}, False


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what is asked for.

    Raises: InvalidInput, naming what is wrong.
    """
    given = ChartQuery(data=request.GET.dict())
    if not given.is_valid():
        raise InvalidInput(walk(given.errors))
    return dict(given.validated_data)


def _as_csv(body: dict[str, Any]) -> HttpResponse:
    name = f'attachment; filename="{body["point"]}.csv"'
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
    )
    writer = csv.writer(answer)
    writer.writerow(["point", "unit", "aggregate", "time", "value", "quality"])
    about = [body["point"], body["unit"] or "", body["aggregate"] or ""]
    for time, value, quality in zip(body["times"], body["values"], body["quality"], strict=True):
        writer.writerow([*about, format_time(time), value, quality])
    return answer
