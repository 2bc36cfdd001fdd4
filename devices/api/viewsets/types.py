"""``device-types/``: the catalogue."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tenancy import acting_organisation
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from devices.api.filters import DeviceTypeFilter
from devices.api.serializers.types import DeviceTypeChangeIn, DeviceTypeIn, DeviceTypeOut
from devices.api.things import MEDIA_TYPE, thing_description
from devices.models import DeviceType
from devices.services.device_types import change_device_type, create_device_type

FORMAT = OpenApiParameter("format", str, enum=["json", "td"])


class ThingRenderer(JSONRenderer):
    """``?format=td``, or ``Accept: application/td+json``."""

    media_type = MEDIA_TYPE
    format = "td"


class DeviceTypeViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Kinds of device: what each measures, shows, takes as setting and can do."""

    queryset = DeviceType.objects.none()
    serializer_class = DeviceTypeOut
    filterset_class = DeviceTypeFilter
    search_fields = ("name", "key", "manufacturer", "model")
    required_scopes: ClassVar = {
        "list": "catalogue:read",
        "retrieve": "catalogue:read",
        "create": "catalogue:write",
        "partial_update": "catalogue:write",
    }

    query_parameters: ClassVar = {"retrieve": ("format",)}

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer one type as a Thing Description too."""
        kinds = [JSONRenderer, ThingRenderer]
        return [kind() for kind in (kinds if self.action == "retrieve" else kinds[:1])]

    def get_queryset(self) -> QuerySet[DeviceType]:
        """Return the shipped types and those of the caller's organisations."""
        visible = DeviceType.objects.visible_to(self.principal)
        return visible.prefetch_related("points", "actions")

    @extend_schema(
        parameters=[FORMAT],
        responses={
            (200, "application/json"): DeviceTypeOut,
            (200, MEDIA_TYPE): OpenApiTypes.OBJECT,
        },
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return one type, as JSON or as a W3C Thing Description."""
        if request.accepted_renderer.format != ThingRenderer.format:
            return super().retrieve(request, *args, **kwargs)
        return Response(thing_description(self.get_object()), content_type=MEDIA_TYPE)

    @extend_schema(request=DeviceTypeIn, responses={201: DeviceTypeOut})
    def create(self, request: Request) -> Response:
        """Make a kind of device of your organisation's own."""
        given = self.read(DeviceTypeIn)
        organisation = acting_organisation(self.principal, given.pop("organisation", None))
        kind = create_device_type(organisation_id=organisation, fields=given)
        return self.answer(kind, HTTPStatus.CREATED)

    @extend_schema(request=DeviceTypeChangeIn, responses=DeviceTypeOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a kind of device of your own: a version more; points that devices have stay."""
        kind = self.get_object()
        changed = change_device_type(
            device_type=kind, changes=self.read_changes(DeviceTypeChangeIn)
        )
        return self.answer(changed)
