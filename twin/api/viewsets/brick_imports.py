"""``sites/{id}/plans/brick/``: a plan from a Brick or RealEstateCore model."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.parsers import read_body
from config.lib.viewsets import ApiViewSet
from twin.api.graph_serializers import ImportedPlanOut
from twin.models import Site
from twin.ontology.export import report_of
from twin.services.brick_imports import plan_from_model


class TurtleParser(BaseParser):
    """``text/turtle``."""

    media_type = "text/turtle"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the body unread."""
        return {"body": read_body(stream), "media_type": self.media_type}


class JSONLDParser(TurtleParser):
    """``application/ld+json``."""

    media_type = "application/ld+json"


class BrickPlanViewSet(ApiViewSet):
    """Plans from models of other tools."""

    queryset = Site.objects.none()
    serializer_class = ImportedPlanOut
    parser_classes = (TurtleParser, JSONLDParser)
    required_scopes: ClassVar = {"create": "sites:write"}

    def get_queryset(self) -> QuerySet[Site]:
        """Return the visible sites."""
        return Site.objects.visible_to(self.principal)

    @extend_schema(
        request={"text/turtle": OpenApiTypes.STR, "application/ld+json": OpenApiTypes.OBJECT},
        responses={201: ImportedPlanOut},
    )
    def create(self, request: Request, id: str) -> Response:
        """Plan the site as the model describes it; nothing is built before the plan is applied."""
        site = self.get_object()
        plan, imported = plan_from_model(site, **dict(request.data))
        report = {**report_of(imported), "devices": imported.devices}
        body = ImportedPlanOut({"plan": plan, "report": report}).data
        return Response(body, status=HTTPStatus.CREATED)
