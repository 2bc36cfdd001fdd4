"""``spaces/``: the physical parts of sites."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api.filters import SpaceFilter
from twin.api.lookups import named_in_body
from twin.api.serializers import SpaceChangeIn, SpaceIn, SpaceOut
from twin.models import Site, Space
from twin.services.spaces import change_space, create_space, delete_space, lock_site_of


class SpaceViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Spaces: flat lists by site, parent, kind or subtree; made, renamed, moved, deleted."""

    queryset = Space.objects.none()
    serializer_class = SpaceOut
    filterset_class = SpaceFilter
    search_fields = ("name",)
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "create": "sites:write",
        "partial_update": "sites:write",
        "destroy": "sites:write",
    }

    def get_queryset(self) -> QuerySet[Space]:
        """Return the visible spaces."""
        return Space.objects.visible_to(self.principal)

    def _found(self, queryset: QuerySet[Any]) -> Any:
        """Find the space; its site is locked first when it is, as every change of a tree does."""
        if queryset.query.select_for_update:
            lock_site_of(self.kwargs["id"])
        return super()._found(queryset)

    @extend_schema(request=SpaceIn, responses={201: SpaceOut})
    def create(self, request: Request) -> Response:
        """Add a space to a site, as the site's template allows."""
        given = self.read(SpaceIn)
        site = named_in_body(
            Site.objects, given.pop("site"), field="site", principal=self.principal, for_change=True
        )
        space = create_space(site=site, **self._with_parent(given))
        return self.answer(space, HTTPStatus.CREATED)

    @extend_schema(request=SpaceChangeIn, responses=SpaceOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename, describe, move (``parent``) or reorder (``position``) a space."""
        space = self.get_object()
        return self.answer(
            change_space(space, **self._with_parent(self.read_changes(SpaceChangeIn)))
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a space with everything below it; refused while devices are in it."""
        delete_space(self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    def _with_parent(self, given: dict[str, Any]) -> dict[str, Any]:
        """Replace the parent's id by the parent."""
        key = given.get("parent")
        if key is not None:
            parent = named_in_body(Space.objects, key, field="parent", principal=self.principal)
            given = {**given, "parent": parent}
        return given
