"""``…/readings/export/``: series of a device, or of all devices of a thing, as a file."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from accounts.models import Organisation
from config.lib.parameters import read_parameters
from config.lib.renderers import JSONRenderer
from config.lib.viewsets import ApiViewSet
from devices.api.exports import MEDIA_TYPES, PARQUET, file_of
from devices.api.readings import CSVRenderer
from devices.api.serializers.exports import ExportQuery
from devices.models import Device, Fleet
from devices.series.answers import Range
from devices.series.exports import Export, check_export, export_lines
from devices.series.scopes import ALWAYS, stays_of_fleet, stays_of_organisation, stays_of_site
from devices.series.stretches import Stretch
from twin.models import Site


class ParquetRenderer(JSONRenderer):
    """Lets Parquet be asked for; what it renders itself are problems, which are JSON."""

    media_type = MEDIA_TYPES[PARQUET]
    format = PARQUET


class ExportViewSet(ApiViewSet):
    """The series of a thing as a file, streamed."""

    serializer_class = None
    required_scopes: ClassVar = {"export": "readings:read"}
    query_parameters: ClassVar = {"export": tuple(ExportQuery().fields)}

    def get_queryset(self) -> QuerySet[Any]:
        """Return the visible things."""
        things: Any = super().get_queryset()
        visible: QuerySet[Any] = things.visible_to(self.principal)
        return visible

    def stays_of(self, thing: Any) -> Mapping[UUID, Sequence[Stretch]]:
        """Return which devices count for the thing, and when."""
        raise NotImplementedError

    @extend_schema(
        parameters=[ExportQuery],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, MEDIA_TYPES[PARQUET]): OpenApiTypes.BINARY,
        },
    )
    @action(
        detail=True,
        url_path="readings/export",
        renderer_classes=[JSONRenderer, CSVRenderer, ParquetRenderer],
    )
    def export(self, request: Request, id: str) -> StreamingHttpResponse:
        """Return every reading of the period, or its buckets, as CSV or Parquet.

        A line for each, by device, point and time. What is not yours to read is left out; a finer
        interval than granted is refused before the first line.
        """
        thing, asked = self.get_object(), read_parameters(request, ExportQuery)
        zone = ZoneInfo(asked["timezone"]) if asked["timezone"] else None
        wanted = Range(asked["interval"], asked["start"], asked["end"], timezone.now(), zone)
        keys = tuple(key for key in asked["points"].split(",") if key)
        export = Export(self.stays_of(thing), wanted, keys)
        check_export(export, principal=self.principal)
        form = asked["format"]
        lines = export_lines(export, principal=self.principal)
        answer = StreamingHttpResponse(file_of(lines, form=form), content_type=MEDIA_TYPES[form])
        answer["Content-Disposition"] = f'attachment; filename="readings-{thing.pk}.{form}"'
        return answer


class DeviceExportViewSet(ExportViewSet):
    """Readings of a device; also of the time one lived with it."""

    queryset = Device.objects.all()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the devices of which the caller may read any time at all."""
        return Device.objects.all().readable_by(self.principal)

    def stays_of(self, thing: Device) -> Mapping[UUID, Sequence[Stretch]]:
        """Return the device, at any time."""
        return {thing.pk: ALWAYS}


class SiteExportViewSet(ExportViewSet):
    """Readings of the devices of a site, while they stood there."""

    queryset = Site.objects.all()

    def stays_of(self, thing: Site) -> Mapping[UUID, Sequence[Stretch]]:
        """Return the devices that ever stood there."""
        return stays_of_site(thing)


class FleetExportViewSet(ExportViewSet):
    """Readings of the devices of a fleet."""

    queryset = Fleet.objects.all()

    def stays_of(self, thing: Fleet) -> Mapping[UUID, Sequence[Stretch]]:
        """Return its devices, with all of their past."""
        return stays_of_fleet(thing)


class OrganisationExportViewSet(ExportViewSet):
    """Readings of an organisation's devices."""

    queryset = Organisation.objects.all()

    def stays_of(self, thing: Organisation) -> Mapping[UUID, Sequence[Stretch]]:
        """Return its devices, with all of their past."""
        return stays_of_organisation(thing)
