"""``views/``: logical groups, their members, the spaces in them, and why something is in one."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tenancy import acting_organisation
from config.lib.errors import ScopeMissing
from config.lib.parameters import PAGE, read_parameters
from config.lib.problems import InvalidParameters
from config.lib.viewsets import ApiViewSet, ListMixin, RetrieveMixin
from twin.api.filters import ViewFilter
from twin.api.lookups import named_in_body
from twin.api.view_serializers import (
    ExplainQuery,
    ExplanationOut,
    MemberOut,
    MembersIn,
    ViewChangeIn,
    ViewIn,
    ViewOut,
)
from twin.errors import invalid_field
from twin.models import Node, Site, View
from twin.selectors.rule_conditions import findable_of
from twin.selectors.why_in_view import why_in_view
from twin.services.views import add_members, change_view, create_view, delete_view, remove_member


class ViewViewSet(ListMixin, RetrieveMixin, ApiViewSet):
    """Views: explicit members, a live rule, or both; in a site or across an organisation."""

    queryset = View.objects.none()
    serializer_class = ViewOut
    filterset_class = ViewFilter
    search_fields = ("name",)
    query_parameters: ClassVar = {"members": PAGE, "explain": ("node",)}
    past_actions = ("list", "retrieve", "members", "explain")
    required_scopes: ClassVar = {
        "list": "sites:read",
        "retrieve": "sites:read",
        "members": "sites:read",
        "explain": "sites:read",
        "create": "sites:write",
        "partial_update": "sites:write",
        "destroy": "sites:write",
        "add_members": "sites:write",
        "remove_member": "sites:write",
    }

    def get_queryset(self) -> QuerySet[View]:
        """Return the visible views."""
        return View.objects.visible_to(self.principal)

    @extend_schema(request=ViewIn, responses={201: ViewOut})
    def create(self, request: Request) -> Response:
        """Make a view in a site; without a site, across all sites of an organisation."""
        view = create_view(**self._with_owner(self.read(ViewIn)))
        return self.answer(view, HTTPStatus.CREATED)

    @extend_schema(request=ViewChangeIn, responses=ViewOut)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a view's name, description or rule."""
        return self.answer(change_view(self.get_object(), **self.read_changes(ViewChangeIn)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a view; what was in it stays."""
        delete_view(self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=MemberOut(many=True), parameters=[])
    @action(detail=True)
    def members(self, request: Request, id: str) -> Response:
        """List the nodes that were put into the view; what its rule finds is not among them."""
        members = self.get_object().members.select_related("node")
        page = self.paginate_queryset(members)
        return self.get_paginated_response(MemberOut(page, many=True).data)

    @extend_schema(request=MembersIn, responses={201: MemberOut(many=True)})
    @members.mapping.post
    def add_members(self, request: Request, id: str) -> Response:
        """Put nodes into the view; those that are in already stay."""
        view = self.get_object()
        nodes = list(dict.fromkeys(self.read(MembersIn)["nodes"]))
        members = add_members(view, nodes=nodes, principal=self.principal)
        body = MemberOut(members, many=True).data
        return Response({"results": body}, status=HTTPStatus.CREATED)

    @extend_schema(
        responses={204: None},
        parameters=[OpenApiParameter("node", {"type": "string", "format": "uuid"}, "path")],
    )
    @action(detail=True, methods=["delete"], url_path="members/<uuid:node>")
    def remove_member(self, request: Request, id: str, node: Any) -> Response:
        """Take a node out of the view."""
        if not remove_member(self.get_object(), node=node):
            raise Http404
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(parameters=[ExplainQuery], responses=ExplanationOut)
    @action(detail=True)
    def explain(self, request: Request, id: str) -> Response:
        """Tell why a node is in the view or not: by which member, which clause holds or fails."""
        view, asked = self.get_object(), read_parameters(request, ExplainQuery)["node"]
        node = Node.objects.visible_to(self.principal).filter(pk=asked).first()
        if node is None:
            detail = ErrorDetail("There is no such node, for you.", code="unknown-node")
            raise InvalidParameters({"node": [detail]})
        findable = findable_of(node.kind)
        if findable and not self.principal.has_scope(findable.scope):
            raise ScopeMissing(scope=findable.scope)
        parts = why_in_view(view, node)
        return Response(ExplanationOut({"view": view, "node": node, "parts": parts}).data)

    def _with_owner(self, given: dict[str, Any]) -> dict[str, Any]:
        """Replace ids by the site, or by the organisation when there is none."""
        site, organisation = given.pop("site", None), given.pop("organisation", None)
        if site is None:
            return {**given, "organisation": acting_organisation(self.principal, organisation)}
        found = named_in_body(
            Site.objects, site, field="site", principal=self.principal, for_change=True
        )
        if organisation not in {None, found.organisation_id}:
            raise invalid_field("organisation", "not-of-site", "The site is none of its sites.")
        return {**given, "site": found}
