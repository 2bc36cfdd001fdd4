"""``sites/{id}/graph/``: a site as nodes and edges, also in Brick and RealEstateCore."""

from typing import Any, ClassVar

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.past import asked_moment
from config.lib.renderers import JSONRenderer
from config.lib.viewsets import ApiViewSet
from twin.api.graph_serializers import GraphOut, OntologyReportOut
from twin.models import Site
from twin.ontology.export import export_graph, report_of
from twin.ontology.mapping import BRICK_VERSION, REC_VERSION
from twin.ontology.writing import as_json_ld, as_turtle
from twin.selectors.graphs import Graph, Question, graph_of

FORMAT = OpenApiParameter("format", str, enum=["json", "ttl", "jsonld"])


class _Written(BaseRenderer):
    """A format whose bytes the view has written already; its problems are JSON."""

    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Return the bytes; anything else is a problem."""
        return data if isinstance(data, bytes) else orjson.dumps(data)


class TurtleRenderer(_Written):
    """``?format=ttl``, or ``Accept: text/turtle``."""

    media_type = "text/turtle"
    format = "ttl"


class JSONLDRenderer(_Written):
    """``?format=jsonld``, or ``Accept: application/ld+json``."""

    media_type = "application/ld+json"
    format = "jsonld"


WRITERS = {"ttl": as_turtle, "jsonld": as_json_ld}


class SiteGraphViewSet(ApiViewSet):
    """The graph of one site."""

    queryset = Site.objects.none()
    serializer_class = GraphOut
    query_parameters: ClassVar = {"retrieve": ("format",)}
    past_actions = ("retrieve", "report")
    required_scopes: ClassVar = {"retrieve": "sites:read", "report": "sites:read"}

    def get_queryset(self) -> QuerySet[Site]:
        """Return the visible sites."""
        return Site.objects.visible_to(self.principal)

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer Turtle and JSON-LD for the graph itself."""
        kinds = [JSONRenderer, TurtleRenderer, JSONLDRenderer]
        return [kind() for kind in (kinds if self.action == "retrieve" else kinds[:1])]

    @extend_schema(
        parameters=[FORMAT],
        responses={
            (200, "application/json"): GraphOut,
            (200, "text/turtle"): OpenApiTypes.STR,
            (200, "application/ld+json"): OpenApiTypes.OBJECT,
        },
    )
    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """Return what you may see of the site as a graph; as Turtle or JSON-LD with points.

        Devices and gateways need `devices:read` too, assets `fleets:read`, people `members:read`.
        """
        written = request.accepted_renderer.format
        if written in WRITERS:
            body = WRITERS[written](export_graph(self._graph(with_points=True)))
            return Response(body, content_type=request.accepted_renderer.media_type)
        return HttpResponse(_as_json(id, self._graph()), "application/json")

    @extend_schema(responses=OntologyReportOut)
    def report(self, request: Request, id: str) -> Response:
        """Return what of the graph has no counterpart in Brick and RealEstateCore."""
        report = report_of(export_graph(self._graph(with_points=True)))
        versions = {"brick": BRICK_VERSION, "rec": REC_VERSION}
        return Response({"site": id, **versions, **report})

    def _graph(self, *, with_points: bool = False) -> Graph:
        site, at = self.get_object(), asked_moment(self.request)
        return graph_of(Question(site, self.principal, at=at, with_points=with_points))


def _as_json(site: Any, graph: Graph) -> bytes:
    nodes = [
        {"id": one.id, "type": one.type, "kind": one.kind or None, "name": one.name}
        for one in graph.nodes.values()
    ]
    edges = [
        {
            "id": one.id,
            "type": one.type,
            "kind": one.kind or None,
            "source": one.source,
            "target": one.target,
        }
        for one in graph.edges
    ]
    return orjson.dumps({"site": str(site), "nodes": nodes, "edges": edges})
