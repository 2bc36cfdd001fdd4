"""``readings/`` of sites, spaces, views and fleets: the devices there as one series."""

import csv
import io
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.parameters import read_parameters
from config.lib.renderers import JSONRenderer
from config.lib.times import format_time
from config.lib.units import symbol_of
from config.lib.viewsets import ApiViewSet
from devices.api.readings import CSVRenderer
from devices.api.serializers.readings import CSV
from devices.api.serializers.totals import TotalsOut, TotalsQuery
from devices.models import Fleet
from devices.series.answers import Range
from devices.series.scopes import (
    Scope,
    scope_of_fleet,
    scope_of_site,
    scope_of_space,
    scope_of_view,
)
from devices.series.totals import Totals, default_total, read_totals, values_of
from twin.models import Site, Space, View

CSV_HEADER = [
    "point",
    "unit",
    "aggregate",
    "time",
    "value",
    "devices",
    "coverage",
    "quality",
    "flags",
]


class TotalsViewSet(ApiViewSet):
    """One series of all devices of a thing, as they stood at the time of each bucket."""

    serializer_class = None
    required_scopes: ClassVar = {"readings": "readings:read"}
    query_parameters: ClassVar = {"readings": tuple(TotalsQuery().fields)}

    def get_queryset(self) -> QuerySet[Any]:
        """Return the visible things."""
        things: Any = super().get_queryset()
        visible: QuerySet[Any] = things.visible_to(self.principal)
        return visible

    def scope_of(self, thing: Any) -> Scope:
        """Return which devices count for the thing, and when."""
        raise NotImplementedError

    @extend_schema(parameters=[TotalsQuery], responses=TotalsOut)
    @action(detail=True, renderer_classes=[JSONRenderer, CSVRenderer])
    def readings(self, request: Request, id: str) -> HttpResponse:
        """Return one series of the devices there, in buckets: their sum, mean, least or greatest.

        A device counts where it stood at the time of each bucket; for views and fleets, those that
        are in it now. What is not yours to read is left out; a finer interval than granted is
        refused.
        """
        scope, asked = self.scope_of(self.get_object()), read_parameters(request, TotalsQuery)
        zone = ZoneInfo(asked["timezone"]) if asked["timezone"] else scope.zone
        times = (asked["start"], asked["end"], timezone.now())
        wanted = Range(asked["interval"], *times, zone)
        totals = read_totals(scope, asked["point"], asked=wanted, principal=self.principal)
        columns = _columns(totals, asked["aggregate"])
        if request.accepted_renderer.format == CSV:
            return _as_csv(columns)
        about = {"interval": asked["interval"], "timezone": zone.key, "devices": totals.devices}
        body = {scope.kind: str(scope.id), **about, "series": columns}
        return Response(body)


def _columns(totals: Totals, aggregates: list[str]) -> list[dict[str, Any]]:
    """Return a series for each aggregate; none if no device has the point."""
    if totals.point is None:
        return []
    kind = totals.point.type
    return [
        {
            "point": kind.key,
            "unit": kind.unit or None,
            "symbol": symbol_of(kind.unit) if kind.unit else None,
            "aggregate": aggregate,
            "times": [row.start for row in totals.rows],
            "values": values_of(totals, aggregate),
            "devices": [row.devices for row in totals.rows],
            "coverage": totals.coverage,
            "quality": totals.quality,
            "flags": totals.flags,
        }
        for aggregate in aggregates or [default_total(totals)]
    ]


def _as_csv(columns: list[dict[str, Any]]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_HEADER)
    for one in columns:
        about = [one["point"], one["unit"], one["aggregate"]]
        names = ("times", "values", "devices", "coverage", "quality", "flags")
        for time, *values, flags in zip(*(one[name] for name in names), strict=True):
            writer.writerow([*about, format_time(time), *values, " ".join(flags)])
    return HttpResponse(text.getvalue(), "text/csv; charset=utf-8")


class SiteTotalsViewSet(TotalsViewSet):
    """Readings of the devices of a site."""

    queryset = Site.objects.all()

    def scope_of(self, thing: Site) -> Scope:
        """Return the devices that ever stood there."""
        return scope_of_site(thing)


class SpaceTotalsViewSet(TotalsViewSet):
    """Readings of the devices in a space and below it."""

    queryset = Space.objects.select_related("site")

    def scope_of(self, thing: Space) -> Scope:
        """Return the devices that ever stood there."""
        return scope_of_space(thing)


class ViewTotalsViewSet(TotalsViewSet):
    """Readings of the devices in a view."""

    queryset = View.objects.select_related("site", "organisation")

    def scope_of(self, thing: View) -> Scope:
        """Return the devices that are in it now."""
        return scope_of_view(thing)


class FleetTotalsViewSet(TotalsViewSet):
    """Readings of the devices of a fleet."""

    queryset = Fleet.objects.select_related("organisation")

    def scope_of(self, thing: Fleet) -> Scope:
        """Return its devices."""
        return scope_of_fleet(thing)
