"""``smartme/connections/{id}/backfills/``: the past of meters, and how far it has come."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.backfill_serializers import BackfillIn, BackfillOut
from integrations.api.connection_filters import BackfillFilter
from integrations.api.connections import PartViewSet
from integrations.models import Backfill
from integrations.smartme.history.planning import cancel, request_past


class BackfillViewSet(PartViewSet):
    """The past of a connection's meters: what is fetched, how far it has come, and why it waits.

    New meters are fetched as deep as `history_days` of the connection says, and the time since the
    last success after an outage.
    """

    queryset = Backfill.objects.none()
    serializer_class = BackfillOut
    filterset_class = BackfillFilter
    ordering = "-pk"
    lookup_url_kwarg = "backfill"
    required_scopes: ClassVar = {
        "list": "connections:read",
        "create": "connections:write",
        "destroy": "connections:write",
    }

    def get_queryset(self) -> QuerySet[Backfill]:
        """Return the backfills of the connection, newest first."""
        return Backfill.objects.filter(connection=self.connection()).select_related(
            "meter", "connection"
        )

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Let the connection decide about its backfills."""
        owner = obj.connection if isinstance(obj, Backfill) else obj
        super().check_object_permissions(request, owner)

    @extend_schema(request=BackfillIn, responses={202: BackfillOut(many=True)})
    def create(self, request: Request, id: str) -> Response:
        """Fetch a span of the past of all meters, or of some; answered at once."""
        connection = self.connection()
        self.check_object_permissions(request, connection)
        given = self.read(BackfillIn)
        asked = request_past(
            connection,
            since=given["from"],
            until=given.get("to"),
            meters=given.get("meters", ()),
        )
        rows = self.get_queryset().filter(pk__in=[one.pk for one in asked]).order_by("pk")
        return Response(self.get_serializer(rows, many=True).data, HTTPStatus.ACCEPTED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str, backfill: str) -> Response:
        """Fetch no more of it; what is here stays."""
        cancel(self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
