"""``device-types/``: the catalogue."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tenancy import acting_organisation
from config.lib.parameters import read_parameters
from config.lib.parsers import JSONParser
from config.lib.renderers import JSONRenderer
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from config.lib.yaml import YAML, YAMLRenderer
from devices.api.filters import DeviceTypeFilter
from devices.api.serializers.types import (
    DeviceTypeChangeIn,
    DeviceTypeIn,
    DeviceTypeOut,
    DeviceTypeVersionOut,
    TypeImportOut,
    TypeImportQuery,
)
from devices.api.things import MEDIA_TYPE, thing_description
from devices.api.yaml import YAMLParser, as_yaml
from devices.models import DeviceType, DeviceTypeVersion
from devices.services.device_types import change_device_type, create_device_type
from devices.services.type_documents import document_of
from devices.services.type_imports import import_types

FORMAT = OpenApiParameter("format", str, enum=["json", "td", "yaml"])
AS_JSON_OR_YAML = OpenApiParameter("format", str, enum=["json", "yaml"])


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
        "imports": "catalogue:write",
    }
    parser_classes = (JSONParser, YAMLParser)
    query_parameters: ClassVar = {
        "retrieve": ("format",),
        "imports": tuple(TypeImportQuery().fields),
    }

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer one type as a Thing Description and as YAML too."""
        kinds = [JSONRenderer, ThingRenderer, YAMLRenderer]
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
            (200, YAML): OpenApiTypes.STR,
        },
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return one type: as JSON, as a W3C Thing Description, or as YAML that an import takes."""
        if request.accepted_renderer.format == ThingRenderer.format:
            return Response(thing_description(self.get_object()), content_type=MEDIA_TYPE)
        if request.accepted_renderer.format == YAMLRenderer.format:
            kind = self.get_object()
            return Response(as_yaml({**document_of(kind), "version": kind.version}))
        return super().retrieve(request, *args, **kwargs)

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

    @extend_schema(
        parameters=[TypeImportQuery],
        request={("application/json"): OpenApiTypes.OBJECT, YAML: OpenApiTypes.STR},
        responses=TypeImportOut,
    )
    @action(detail=False, methods=["post"], url_path="import")
    def imports(self, request: Request) -> Response:
        """Make and change types from one document, JSON or YAML: all of them or none.

        `?dry_run=true` only says what would become of each, with what is wrong, where, and what to
        do about it. What the document leaves out stays as it is.
        """
        asked = read_parameters(request, TypeImportQuery)
        organisation = acting_organisation(self.principal, asked["organisation"])
        is_dry = asked["dry_run"]
        results = import_types(organisation_id=organisation, document=request.data, dry_run=is_dry)
        return Response(TypeImportOut({"dry_run": is_dry, "results": results}).data)


class DeviceTypeVersionViewSet(ApiViewSet):
    """The versions of a kind of device: each as it was published; it never changes."""

    queryset = DeviceTypeVersion.objects.none()
    serializer_class = DeviceTypeVersionOut
    lookup_url_kwarg = "number"
    lookup_value_converter = "int"
    ordering = "number"
    query_parameters: ClassVar = {"retrieve": ("format",)}
    required_scopes: ClassVar = {"list": "catalogue:read", "retrieve": "catalogue:read"}

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer the document of one version as YAML too."""
        kinds = [JSONRenderer, YAMLRenderer]
        return [kind() for kind in (kinds if self.action == "retrieve" else kinds[:1])]

    def get_queryset(self) -> QuerySet[DeviceTypeVersion]:
        """Return the versions of the type that the path names."""
        types = DeviceType.objects.visible_to(self.principal)
        kind = get_object_or_404(types, pk=self.kwargs["id"])
        return kind.versions.all()

    def _found(self, queryset: QuerySet[Any]) -> Any:
        return get_object_or_404(queryset, number=self.kwargs["number"])

    def list(self, request: Request, id: str) -> Response:
        """List the versions of a kind of device, oldest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        parameters=[AS_JSON_OR_YAML],
        responses={
            (200, "application/json"): DeviceTypeVersionOut,
            (200, YAML): OpenApiTypes.STR,
        },
    )
    def retrieve(self, request: Request, id: str, number: int) -> Response:
        """Return one version with its whole document; the document alone as YAML."""
        version = self.get_object()
        if request.accepted_renderer.format == YAMLRenderer.format:
            return Response(as_yaml({**version.document, "version": version.number}))
        return self.answer(version)
