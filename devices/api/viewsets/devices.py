"""``devices/``: what measures and acts, with its points, state and readings."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from config.lib.errors import InvalidInput
from config.lib.etags import etag_of, is_unchanged
from config.lib.parameters import read_parameters
from config.lib.problems import InvalidParameters
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.filters import DeviceFilter
from devices.api.readings import CSVRenderer, as_csv, as_json
from devices.api.serializers.devices import (
    DeviceChangeIn,
    DeviceIn,
    DeviceOut,
    PointOut,
    StateOut,
)
from devices.api.serializers.readings import CSV, SeriesPageOut, SeriesQuery
from devices.models import Device, DeviceType, Point
from devices.selectors import describe_device, points_of, raw_series, state_of, time_zone_of
from devices.series_access import series_access
from devices.services.devices import Activation, activate_device, delete_device, update_device

PLACES = ("site", "space", "gateway")


class DeviceViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Devices: brought into use from declared assets, placed, read, taken away."""

    queryset = Device.objects.none()
    serializer_class = DeviceOut
    filterset_class = DeviceFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "devices:read",
        "retrieve": "devices:read",
        "points": "devices:read",
        "state": "devices:read",
        "readings": "readings:read",
        "create": "devices:write",
        "partial_update": "devices:write",
        "destroy": "devices:write",
    }
    query_parameters: ClassVar = {"readings": tuple(SeriesQuery().fields)}

    def get_queryset(self) -> QuerySet[Device]:
        """Return the visible devices with what their bodies show."""
        visible: QuerySet[Device] = Device.objects.visible_to(self.principal)
        if self.action == "readings":
            # Who lived in a flat may read of that time, though they see nothing of it any more.
            visible = Device.objects.all().readable_by(self.principal)
        embedded = set(self.request.query_params.get("expand", "").split(","))
        paths = {"fleet": "fleet", "gateway": "gateway__asset"}
        joined = [path for name, path in paths.items() if name in embedded]
        return visible.select_related("asset", "type", *joined)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return one device."""
        if request.query_params:
            return super().retrieve(request, *args, **kwargs)
        found = describe_device(UUID(str(kwargs["id"])), principal=self.principal)
        if found is None:
            raise NotFound()
        body, version = found
        headers = {"ETag": etag_of(version)}
        if is_unchanged(request, version):
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
        return HttpResponse(content, "application/json", headers=headers)

    @extend_schema(request=DeviceIn, responses={201: DeviceOut})
    def create(self, request: Request) -> Response:
        """Bring a declared asset into use as a device."""
        given = self.read(DeviceIn)
        self._check_roles(given, "asset", *PLACES)
        kinds = DeviceType.objects.usable_by(given["asset"].organisation_id)
        kind = kinds.filter(key=given["type"]).first()
        if kind is None:
            finding = ("#/type", "does_not_exist", "There is no such device type for you.")
            raise InvalidInput([finding])
        device = activate_device(Activation(**{**given, "type": kind}))
        return self.answer(device, HTTPStatus.CREATED)

    @extend_schema(request=DeviceChangeIn, responses=DeviceOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename, tag or move a device."""
        device, changes = self.get_object(), self.read_changes(DeviceChangeIn)
        self._check_roles(changes, *PLACES)
        update_device(device=device, changes=changes)
        return self.answer(self.get_queryset().get(pk=device.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a device with its readings; its asset may be brought into use again."""
        delete_device(device=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=PointOut(many=True), filters=False)
    @action(detail=True)
    def points(self, request: Request, id: str) -> Response:
        """List the device's points: what each measures, in which unit."""
        results = PointOut(points_of(self.get_object()), many=True).data
        return Response({"next": None, "previous": None, "results": results})

    @extend_schema(responses=StateOut)
    @action(detail=True)
    def state(self, request: Request, id: str) -> Response:
        """Return the latest value of each point; refused where only sums are granted."""
        device = self.get_object()
        access = series_access(device, self.principal)
        access.check_live(timezone.now())
        return Response({"device": str(device.pk), "points": state_of(device, access=access)})

    @extend_schema(parameters=[SeriesQuery], responses=SeriesPageOut)
    @action(detail=True, renderer_classes=[JSONRenderer, CSVRenderer])
    def readings(self, request: Request, id: str) -> HttpResponse:
        """Return the device's readings in columns, as JSON or CSV; `next` leads to the rest.

        What is not yours to read is left out; a finer interval than granted is refused.
        """
        device, asked = self.get_object(), read_parameters(request, SeriesQuery)
        points = self._points(device, asked["points"])
        spans = series_access(device, self.principal).spans(
            asked["start"], asked["end"], interval=asked["interval"], now=timezone.now()
        )
        series, place = raw_series(points, spans=spans, limit=asked["limit"], after=asked["cursor"])
        following = None
        if place is not None:
            url = request.build_absolute_uri()
            following = replace_query_param(url, "cursor", str(place))
        if request.accepted_renderer.format == CSV:
            return as_csv(series, following=following)
        zone = asked["timezone"] or time_zone_of(device)
        about = {"device": str(device.pk), "interval": asked["interval"], "timezone": zone}
        return as_json(series, **about, next=following)

    def _check_roles(self, given: dict[str, Any], *names: str) -> None:
        """Refuse who only sees what the body names, and may not change it."""
        for name in names:
            if given.get(name) is not None:
                self.check_object_permissions(self.request, given[name])

    def _points(self, device: Device, keys: str) -> list[Point]:
        """Return the points asked for, in that order; all of them if none is named."""
        known = {point.type.key: point for point in points_of(device)}
        asked = [key for key in keys.split(",") if key] or list(known)
        if unknown := sorted(set(asked) - set(known)):
            text = f"The device has no point {', '.join(unknown)}. It has {', '.join(known)}."
            raise InvalidParameters({"points": [ErrorDetail(text, code="unknown-point")]})
        return [known[key] for key in dict.fromkeys(asked)]
