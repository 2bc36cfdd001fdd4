"""``sites/{id}/history/``: what happened at a site, as a readable story."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from config.lib.pagination import KeysetPagination
from config.lib.parameters import read_parameters
from config.lib.viewsets import ApiViewSet
from twin.api.history_serializers import HistoryOut, HistoryQuery
from twin.models import Site
from twin.selectors.changes import Question, story_of
from twin.selectors.stories import told

LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500})


class SiteHistoryViewSet(ApiViewSet):
    """The history of one site."""

    queryset = Site.objects.none()
    serializer_class = HistoryOut
    query_parameters: ClassVar = {"history": ("limit", *HistoryQuery().fields)}
    required_scopes: ClassVar = {"history": "sites:read"}

    def get_queryset(self) -> QuerySet[Site]:
        """Return the visible sites."""
        return Site.objects.visible_to(self.principal)

    @extend_schema(parameters=[HistoryQuery, LIMIT], responses=HistoryOut)
    def history(self, request: Request, id: str) -> Response:
        """Tell what happened at the site, newest first: who, when and what, by transaction.

        Devices and gateways need `devices:read` too, people `members:read` and a right to the
        whole site. Who sees a part of the site reads the story of that part.
        """
        site = self.get_object()
        asked: dict[str, Any] = read_parameters(request, HistoryQuery)
        limit = KeysetPagination().get_page_size(request)
        story = story_of(
            Question(site, self.principal, limit, before=asked.pop("cursor", None), **asked)
        )
        following = None
        if story.following is not None:
            url = request.build_absolute_uri()
            following = replace_query_param(url, "cursor", str(story.following))
        return Response({"next": following, "previous": None, "results": told(story)})
