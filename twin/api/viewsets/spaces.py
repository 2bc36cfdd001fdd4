"""``spaces/``: the physical parts of sites; ``views/{id}/spaces/``: those in a view."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.choices import OrganisationRole
from config.lib.errors import RoleMissing
from config.lib.parameters import read_parameters
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api.filters import SpaceFilter
from twin.api.lookups import named_in_body, view_in_path
from twin.api.serializers import SpaceChangeIn, SpaceIn, SpaceOut
from twin.api.space_serializers import DeletionQuery, MergeIn, SplitIn
from twin.choices import NodeKind
from twin.models import Site, Space
from twin.selectors.view_contents import contents_of
from twin.services.space_creation import create_space
from twin.services.space_merging import merge_spaces, split_space
from twin.services.spaces import change_space, delete_space
from twin.services.trees import lock_site_of


class SpaceViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Spaces: flat lists by site, parent, kind or subtree; made, renamed, moved, deleted."""

    queryset = Space.objects.none()
    serializer_class = SpaceOut
    filterset_class = SpaceFilter
    search_fields = ("name",)
    past_actions = ("list", "retrieve")
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "create": "sites:write",
        "partial_update": "sites:write",
        "destroy": "sites:write",
        "merge": "sites:write",
        "split": "sites:write",
    }
    query_parameters: ClassVar = {"destroy": ("move_to",)}
    # Others rely on what stands in their building: a grant lets one change it, not delete it.
    keepers_only: ClassVar = frozenset({"destroy", "merge"})

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
        # Who may change the parent may add to it, be it all of the site that they may change.
        is_at_top = given.get("parent") is None
        site = named_in_body(
            Site.objects,
            given.pop("site"),
            field="site",
            principal=self.principal,
            for_change=is_at_top,
        )
        space = create_space(site=site, **self._with_parent(given))
        return self.answer(space, HTTPStatus.CREATED)

    @extend_schema(request=SpaceChangeIn, responses=SpaceOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Rename, describe, move (``parent``) or reorder (``position``) a space."""
        space = self.get_object()
        changes = self._with_parent(self.read_changes(SpaceChangeIn))
        if space.parent_id and changes.get("parent", space) is None:
            self._check_changeable(space.site)
        return self.answer(change_space(space, **changes))

    @extend_schema(responses={204: None}, parameters=[DeletionQuery])
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a space with everything below it; devices and people go where `move_to` says.

        Refused while something stands or somebody lives in it and `move_to` is not given.
        """
        space, asked = self.get_object(), read_parameters(request, DeletionQuery)
        move_to = self._named(asked["move_to"], "move_to") if asked.get("move_to") else None
        delete_space(space, move_to=move_to, principal=self.principal)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=MergeIn, responses=SpaceOut)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, id: str) -> Response:
        """Let the space go up in another of its kind, with all that it holds; returns that one."""
        space, given = self.get_object(), self.read(MergeIn)
        return self.answer(merge_spaces(space, into=self._named(given["into"], "into")))

    @extend_schema(request=SplitIn, responses={201: SpaceOut})
    @action(detail=True, methods=["post"])
    def split(self, request: Request, id: str) -> Response:
        """Make a sibling behind the space and move children and devices there; returns it."""
        space, given = self.get_object(), self.read(SplitIn)
        self._check_changeable(space.parent or space.site)
        things = given.pop("devices", ())
        return self.answer(split_space(space, things=things, **given), HTTPStatus.CREATED)

    def _check_changeable(self, place: Space | Site) -> None:
        """Refuse who may change a space and not what it stands in, where that changes too."""
        changeable = type(place).objects.changeable_by(self.principal)
        if not changeable.filter(pk=place.pk).exists():
            raise RoleMissing(role=OrganisationRole.OPERATOR.value)

    def _named(self, key: UUID, field: str) -> Space:
        """Return a space that the caller may change."""
        found: Space = named_in_body(
            Space.objects, key, field=field, principal=self.principal, for_change=True
        )
        return found

    def _with_parent(self, given: dict[str, Any]) -> dict[str, Any]:
        """Replace the parent's id by the parent."""
        key = given.get("parent")
        if key is not None:
            given = {**given, "parent": self._named(key, "parent")}
        return given


class ViewSpaceViewSet(ListMixin, ApiViewSet):
    """The spaces in a view."""

    queryset = Space.objects.none()
    serializer_class = SpaceOut
    filterset_class = SpaceFilter
    search_fields = ("name",)
    past_actions = ("list",)
    required_scopes: ClassVar = {"list": "sites:read"}

    def get_queryset(self) -> QuerySet[Space]:
        """Return the visible spaces in the view of the path."""
        view = view_in_path(self.principal, self.kwargs["id"])
        return Space.objects.visible_to(self.principal).filter(contents_of(view, NodeKind.SPACE))

    def list(self, request: Request, id: str) -> Response:
        """List the spaces in the view: put there, found by its rule, or in a view inside it."""
        return super().list(request)
