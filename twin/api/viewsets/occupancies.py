"""``spaces/{id}/occupancies/`` and ``occupancies/``: who lives where, and moving out."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from accounts.tenancy import refuse_cut
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api import access_serializers as bodies
from twin.api.filters import OccupancyFilter
from twin.models import Occupancy, Space
from twin.services.occupancies import end_occupancy, start_occupancy
from twin.services.people import person


class SpaceOccupancyViewSet(ListMixin, ApiViewSet):
    """Who lives, lived and will live in one space."""

    queryset = Occupancy.objects.none()
    serializer_class = bodies.OccupancyOut
    required_scopes: ClassVar = {"list": "members:read", "create": "members:write"}
    required_roles: ClassVar = {"create": OrganisationRole.ADMIN}

    def space(self) -> Space:
        """Return the space of the path, if it is visible."""
        visible = Space.objects.visible_to(self.principal)
        return get_object_or_404(visible, pk=self.kwargs["id"])

    def get_queryset(self) -> QuerySet[Occupancy]:
        """Return the space's occupancies that the caller may see: tenants see their own."""
        visible = Occupancy.objects.visible_to(self.principal).select_related("user")
        return visible.filter(space=self.space())

    def list(self, request: Request, id: str) -> Response:
        """List the occupancies of the space, in the order in which they were written down."""
        return super().list(request)

    @extend_schema(request=bodies.OccupancyIn, responses={201: bodies.OccupancyOut})
    def create(self, request: Request, id: str) -> Response:
        """Move somebody in; an unknown address is invited."""
        space = self.space()
        self.check_object_permissions(request, space)
        refuse_cut(self.principal)
        given = self.read(bodies.OccupancyIn)
        user = person(user=given.pop("user", None), email=given.pop("email", ""))
        occupancy = start_occupancy(space=space, user=user, **given)
        return self.answer(occupancy, HTTPStatus.CREATED)


class OccupancyViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Occupancies: one's own, and those of the buildings that one keeps."""

    queryset = Occupancy.objects.none()
    serializer_class = bodies.OccupancyOut
    filterset_class = OccupancyFilter
    required_scopes: ClassVar = {
        "list": "members:read",
        "retrieve": "members:read",
        "end": "members:write",
    }
    required_roles: ClassVar = {"end": OrganisationRole.ADMIN}

    def get_queryset(self) -> QuerySet[Occupancy]:
        """Return the visible occupancies."""
        return Occupancy.objects.visible_to(self.principal).select_related("user")

    @extend_schema(request=bodies.OccupancyEndIn, responses=bodies.OccupancyOut)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, id: str) -> Response:
        """Move the person out: rights, grants and their applications' consents end together."""
        occupancy = self.get_object()
        given = self.read(bodies.OccupancyEndIn)
        return self.answer(end_occupancy(occupancy, at=given.get("at")))
