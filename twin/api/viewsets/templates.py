"""``templates/`` and their versions."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import F, Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tenancy import acting_organisation
from config.lib.viewsets import ApiViewSet, ListMixin
from config.lib.yaml import YAMLRenderer
from twin.api.filters import TemplateFilter
from twin.api.template_serializers import (
    TemplateIn,
    TemplateOut,
    VersionChangeIn,
    VersionIn,
    VersionOut,
)
from twin.api.yaml_bodies import YAML_BODY, DefinitionBodies, yaml_options
from twin.definitions.documents import write_document
from twin.models import TemplateVersion, TopologyTemplate
from twin.services.templates import add_version, change_version, create_template


class TemplateViewSet(DefinitionBodies, ListMixin, ApiViewSet):
    """Topology templates: those that ship, and those of one's organisation."""

    queryset = TopologyTemplate.objects.none()
    serializer_class = TemplateOut
    filterset_class = TemplateFilter
    search_fields = ("name", "key")
    lookup_url_kwarg = "key"
    lookup_value_converter = "slug"
    required_scopes: ClassVar = {
        "list": "templates:read",
        "retrieve": "templates:read",
        "create": "templates:write",
    }

    def get_queryset(self) -> QuerySet[TopologyTemplate]:
        """Return the visible templates with what versions they have."""
        versions = TemplateVersion.objects.defer("definition").order_by("number")
        visible = TopologyTemplate.objects.visible_to(self.principal)
        return visible.prefetch_related(Prefetch("versions", versions))

    def _found(self, queryset: QuerySet[Any]) -> Any:
        return nearest(queryset.filter(key=self.kwargs["key"]))

    @extend_schema(
        request={"application/json": TemplateIn, **YAML_BODY},
        parameters=yaml_options("organisation", "status"),
        responses={201: TemplateOut},
    )
    def create(self, request: Request) -> Response:
        """Make a template of one's organisation, with its first version."""
        given = self.read(TemplateIn)
        organisation = acting_organisation(self.principal, given.pop("organisation", None))
        version = create_template(organisation=organisation, **given)
        return self.answer(version.template, HTTPStatus.CREATED)

    def retrieve(self, request: Request, key: str) -> Response:
        """Return one template; one's own hides a shipped one of the same key."""
        return self.answer(self.get_object())


class TemplateVersionViewSet(DefinitionBodies, ApiViewSet):
    """The numbered versions of a template; a published one never changes."""

    queryset = TemplateVersion.objects.none()
    serializer_class = VersionOut
    lookup_url_kwarg = "number"
    lookup_value_converter = "int"
    ordering = "number"
    query_parameters: ClassVar = {"retrieve": ("format",)}
    required_scopes: ClassVar = {
        "list": "templates:read",
        "retrieve": "templates:read",
        "create": "templates:write",
        "partial_update": "templates:write",
    }

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer the definition of one version as YAML."""
        renderers: list[BaseRenderer] = super().get_renderers()
        return [*renderers, YAMLRenderer()] if self.action == "retrieve" else renderers

    def get_queryset(self) -> QuerySet[TemplateVersion]:
        """Return the versions of the template that the path names."""
        versions = TemplateVersion.objects.visible_to(self.principal)
        return versions.filter(template=self._template()).select_related("template")

    def _template(self) -> TopologyTemplate:
        visible = TopologyTemplate.objects.visible_to(self.principal)
        return nearest(visible.filter(key=self.kwargs["key"]))

    def _found(self, queryset: QuerySet[Any]) -> Any:
        return get_object_or_404(queryset, number=self.kwargs["number"])

    @extend_schema(
        request={"application/json": VersionIn, **YAML_BODY},
        parameters=yaml_options("status"),
        responses={201: VersionOut},
    )
    def create(self, request: Request, key: str) -> Response:
        """Add the next version, as a draft unless it is to be published at once."""
        template = self._template()
        self.check_object_permissions(request, template)
        version = add_version(template=template, **self.read(VersionIn))
        return self.answer(version, HTTPStatus.CREATED)

    def list(self, request: Request, key: str) -> Response:
        """List the versions of a template, oldest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("format", str, enum=["json", "yaml"])],
        responses={
            (200, "application/json"): VersionOut,
            (200, "application/yaml"): OpenApiTypes.STR,
        },
    )
    def retrieve(self, request: Request, key: str, number: int) -> Response:
        """Return one version with its definition; the definition alone as YAML."""
        version = self.get_object()
        if isinstance(request.accepted_renderer, YAMLRenderer):
            return Response(yaml_of(version))
        return self.answer(version)

    @extend_schema(
        request={"application/json": VersionChangeIn, **YAML_BODY},
        parameters=yaml_options("status"),
        responses=VersionOut,
    )
    def partial_update(self, request: Request, key: str, number: int) -> Response:
        """Publish a draft, deprecate a published version, or redefine a draft."""
        version = self.get_object()
        return self.answer(change_version(version=version, **self.read_changes(VersionChangeIn)))


def yaml_of(version: TemplateVersion) -> str:
    """Return a definition as YAML: as it was written, if it was written so."""
    source: str = version.source
    is_json = source.lstrip().startswith("{")
    return source if source and not is_json else write_document(version.definition)


def nearest(templates: QuerySet[Any]) -> TopologyTemplate:
    """Return the caller's own template rather than a shipped one of the same key."""
    found = templates.order_by(F("organisation").asc(nulls_last=True), "pk").first()
    if found is None:
        raise Http404
    template: TopologyTemplate = found
    return template
