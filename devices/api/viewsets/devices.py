"""``devices/``: what measures and acts, with its points, state and readings."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import Resolution
from config.lib.errors import InvalidInput
from config.lib.etags import etag_of, is_unchanged
from config.lib.parameters import read_parameters
from config.lib.renderers import JSONRenderer
from config.lib.viewsets import ListMixin, RetrieveMixin
from devices.api.bodies import DeviceBodies
from devices.api.claims import count_attempt
from devices.api.readings import CSVRenderer
from devices.api.serializers.claims import DeviceClaimIn
from devices.api.serializers.devices import (
    DeviceChangeIn,
    DeviceIn,
    DeviceOut,
    PointOut,
    StateChangeIn,
    StateOut,
)
from devices.api.serializers.readings import SeriesPageOut, SeriesQuery
from devices.api.series import interval_answer, named_points, raw_answer
from devices.models import Device, DeviceType
from devices.selectors import describe_device, points_of
from devices.series_access import series_access
from devices.services.activation import Activation, activate_device
from devices.services.desired import request_state
from devices.services.device_claims import Claim, claim_device, only_home
from devices.services.devices import delete_device, update_device
from devices.states import state_of
from twin.models.reach import reach_of

PLACES = ("site", "space", "gateway")


class DeviceViewSet(ListMixin, RetrieveMixin, DeviceBodies):
    """Devices: brought into use from declared assets, placed, read, taken away."""

    past_actions = ("list", "retrieve")
    required_scopes: ClassVar = {
        "list": "devices:read",
        "retrieve": "devices:read",
        "points": "devices:read",
        "state": "devices:read",
        "write_state": "devices:write",
        "readings": "readings:read",
        "create": "devices:write",
        "claim": "devices:write",
        "partial_update": "devices:write",
        "destroy": "devices:write",
    }
    query_parameters: ClassVar = {"readings": tuple(SeriesQuery().fields)}
    # Others rely on what stands in their building: a grant lets one change it, not delete it.
    keepers_only: ClassVar = frozenset({"destroy"})

    def get_queryset(self) -> QuerySet[Device]:
        """Return the visible devices with what their bodies show."""
        visible: QuerySet[Device] = Device.objects.visible_to(self.principal)
        if self.action == "readings":
            # Who lived in a flat may read of that time, though they see nothing of it any more.
            visible = Device.objects.all().readable_by(self.principal)
        return self.with_what_is_shown(visible)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return one device."""
        if self.shows_states:  # They change while the device does not.
            return self.answer(self.get_object())
        if request.query_params or not reach_of(self.principal).is_of_organisations:
            return super().retrieve(request, *args, **kwargs)
        found = describe_device(UUID(str(kwargs["id"])), principal=self.principal)
        if found is None:
            raise NotFound()
        body, version = found
        headers = {"ETag": etag_of(version)}
        if is_unchanged(request, version):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(body, headers=headers)

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

    @extend_schema(request=DeviceClaimIn, responses={201: DeviceOut})
    @action(detail=False, methods=["post"])
    def claim(self, request: Request) -> Response:
        """Bring a device into use where you live, by the serial and claim code on its label.

        Without a place it comes to your home, if you have just one. In a private home it belongs to
        the home: whoever declared it may suspend it and send its readings, and sees nothing of it.
        """
        given = self.read(DeviceClaimIn)
        self._check_roles(given, *PLACES)
        count_attempt(request, given["claim_code"])
        if given.get("site") is None and given.get("space") is None:
            given["site"] = only_home(self.principal)
        device = claim_device(Claim(**given))
        return self.answer(self.get_queryset().get(pk=device.pk), HTTPStatus.CREATED)

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
        """Return the latest value of each point; refused where only sums are granted.

        Settings that can be written have what they shall be beside it, if you may know of the time
        at which it was asked for. A gateway reads that of its devices in any case, and of the rest
        what it may.
        """
        return self._state(self.get_object(), own=None if self.principal.is_gateway else ())

    @extend_schema(request=StateChangeIn, responses=StateOut)
    @state.mapping.patch
    def write_state(self, request: Request, id: str) -> Response:
        """Say what settings shall be; the device follows and reports it by readings."""
        device, given = self.get_object(), self.read(StateChangeIn)
        request_state(device=device, values=given["points"])
        return self._state(device, own=given["points"])

    def _state(self, device: Device, *, own: Collection[str] | None) -> Response:
        """Return the state; who named settings, or carries them, is not refused."""
        access = series_access(device, self.principal)
        if own is not None and not own:
            access.check_live(timezone.now())
        state = state_of(device, access=access, own=own)
        return Response({"device": str(device.pk), "points": state})

    @extend_schema(parameters=[SeriesQuery], responses=SeriesPageOut)
    @action(detail=True, renderer_classes=[JSONRenderer, CSVRenderer])
    def readings(self, request: Request, id: str) -> HttpResponse:
        """Return the device's readings in columns, as JSON or CSV; `next` leads to the rest.

        With an interval it sums up: consumption of counters, mean of gauges, or the `aggregate`
        asked for, each bucket whole, with its coverage and quality. What is not yours to read is
        left out; a finer interval than granted is refused.
        """
        device, asked = self.get_object(), read_parameters(request, SeriesQuery)
        points = named_points(device, asked["points"])
        access = series_access(device, self.principal)
        if asked["interval"] == Resolution.RAW:
            return raw_answer(request, device, points, access=access, asked=asked)
        return interval_answer(request, device, points, access=access, asked=asked)

    def _check_roles(self, given: dict[str, Any], *names: str) -> None:
        """Refuse who only sees what the body names, and may not change it."""
        for name in names:
            if given.get(name) is not None:
                self.check_object_permissions(self.request, given[name])
