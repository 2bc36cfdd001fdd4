"""``sites/``: homes and buildings."""

from http import HTTPStatus
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib import parameters
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api.filters import SiteFilter
from twin.api.serializers import BuiltSiteOut, SiteChangeIn, SiteIn, SiteOut, TreeOut
from twin.models import Site, Space
from twin.selectors.trees import tree_of
from twin.services.sites import change_site, create_site, delete_site


class SiteViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Homes and buildings: made from a template or empty, read as a list or as a tree."""

    queryset = Site.objects.none()
    serializer_class = SiteOut
    filterset_class = SiteFilter
    search_fields = ("name",)
    past_actions = ("list", "retrieve", "tree")
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "tree": "sites:read",
        "create": "sites:write",
        "partial_update": "sites:write",
        "destroy": "sites:write",
    }
    # Others rely on what stands in their building: a grant lets one change it, not delete it.
    keepers_only: ClassVar = frozenset({"destroy"})

    def get_queryset(self) -> QuerySet[Site]:
        """Return the visible sites with the names of their templates."""
        visible = Site.objects.visible_to(self.principal)
        version = visible.select_related("template_version__template")
        return version.defer("template_version__definition")

    @extend_schema(request=SiteIn, responses={201: BuiltSiteOut})
    def create(self, request: Request) -> Response:
        """Make a site; with a template, the whole building in one transaction."""
        given = self.read(SiteIn)
        given["template"] = given.get("template") or ""
        site, counts = create_site(principal=self.principal, **given)
        return self.answer(site, HTTPStatus.CREATED, counts=counts)

    @extend_schema(request=SiteChangeIn, responses=SiteOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a site's name, address, location or time zone."""
        return self.answer(change_site(self.get_object(), **self.read_changes(SiteChangeIn)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a site with its spaces and views; refused while devices are in it."""
        delete_site(self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=TreeOut)
    @action(detail=True)
    def tree(self, request: Request, id: str) -> Response:
        """Return all spaces of the site as a tree, siblings in order."""
        spaces = tree_of(Space.objects.visible_to(self.principal).filter(site=id))
        if not spaces:
            self.get_object()  # Who sees a space sees its site; who sees none may see none.
        parameters.refuse_unknown(request, self.allowed_parameters())
        return Response({"site": str(id), "spaces": spaces})
