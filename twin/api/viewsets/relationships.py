"""``relationships/``: typed edges between nodes."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api.filters import RelationshipFilter
from twin.api.lookups import named_in_body
from twin.api.serializers import RelationshipIn, RelationshipOut
from twin.models import Node, Relationship
from twin.services.relationships import create_relationship, delete_relationship


class RelationshipViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Edges of the graph: what measures, feeds, controls what."""

    queryset = Relationship.objects.none()
    serializer_class = RelationshipOut
    filterset_class = RelationshipFilter
    past_actions = ("list", "retrieve")
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "create": "sites:write",
        "destroy": "sites:write",
    }

    def get_queryset(self) -> QuerySet[Relationship]:
        """Return the visible edges."""
        return Relationship.objects.visible_to(self.principal)

    @extend_schema(request=RelationshipIn, responses={201: RelationshipOut})
    def create(self, request: Request) -> Response:
        """Join two nodes, as the site's template allows."""
        given = self.read(RelationshipIn)
        for field in ("source", "target"):
            named_in_body(
                Node.objects, given[field], field=field, principal=self.principal, for_change=True
            )
        relationship = create_relationship(principal=self.principal, **given)
        return self.answer(relationship, HTTPStatus.CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Part two nodes."""
        delete_relationship(self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
