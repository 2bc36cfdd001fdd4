"""``smartme/connections/{id}/realtime/``: what comes in by itself, and what polling had to fill."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.serializers import OutSerializer, StrictSerializer
from config.lib.viewsets import ApiViewSet
from integrations.models import Connection, RealtimeChannel
from integrations.smartme.realtime.channels import channel_of, listen_to, renew_address
from integrations.smartme.realtime.gaps import gap_of

MAX_METERS = 500


class ChannelChangeIn(StrictSerializer):
    """Which meters are listened to; an empty list means the whole account."""

    meters = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_METERS)


class GapOut(serializers.Serializer[Any]):
    """How far posts lag behind polling."""

    meters = serializers.IntegerField(help_text="Meters that are listened to.")
    silent = serializers.IntegerField(help_text="Of these, never heard by themselves.")
    behind = serializers.IntegerField(help_text="Polling heard of them a minute later or more.")
    gap_s = serializers.FloatField(help_text="The most that polling is ahead of a meter's posts.")
    latest_at = serializers.DateTimeField(allow_null=True)


class ChannelOut(OutSerializer):
    """How realtime stands at the cloud, what came in so far, and the gap to polling."""

    problem = serializers.SerializerMethodField()
    gap = serializers.SerializerMethodField()

    class Meta:
        model = RealtimeChannel
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "connection", "status", "problem", "meters", "registered_at", "checked_at"),
            *("next_check_at", "posts", "values_recorded", "values_rejected", "values_unmapped"),
            *("reports_foreign", "reports_unreadable", "last_post_at", "last_fault", "gap"),
        )
        read_only_fields = fields

    def get_problem(self, channel: RealtimeChannel) -> str | None:
        """Say in plain words what is wrong, or nothing."""
        return channel.problem or None

    @extend_schema_field(GapOut)
    def get_gap(self, channel: RealtimeChannel) -> dict[str, Any]:
        """Measure it now."""
        return dict(GapOut(gap_of(channel.connection_id, channel.meters)).data)


class ChannelViewSet(ApiViewSet):
    """Realtime of one connection: a part of it."""

    queryset = Connection.objects.none()
    serializer_class = ChannelOut
    required_scopes: ClassVar = {
        "realtime": "connections:read",
        "listen": "connections:write",
        "repair": "connections:write",
    }

    def get_queryset(self) -> QuerySet[Connection]:
        """Return the visible connections."""
        return Connection.objects.visible_to(self.principal)

    @extend_schema(responses=ChannelOut)
    @action(detail=True)
    def realtime(self, request: Request, id: str) -> Response:
        """Show how realtime stands, what came in, and the gap to what polling heard."""
        return self._shown(channel_of(self.get_object()))

    @extend_schema(request=ChannelChangeIn, responses=ChannelOut)
    @realtime.mapping.patch
    def listen(self, request: Request, id: str) -> Response:
        """Choose the meters to listen to; the cloud is told in the background."""
        connection = self.get_object()
        meters = self.read_changes(ChannelChangeIn).get("meters")
        return self._shown(listen_to(connection, meters))

    @extend_schema(request=None, responses={202: ChannelOut})
    @action(detail=True, methods=["post"], url_path="realtime/repair")
    def repair(self, request: Request, id: str) -> Response:
        """Give the cloud a new address and new secrets, and take the old ones back there."""
        return self._shown(renew_address(self.get_object()), HTTPStatus.ACCEPTED)

    def _shown(self, channel: RealtimeChannel, status: int = HTTPStatus.OK) -> Response:
        """Answer the channel; it changes with every post, so it has no ETag."""
        return Response(self.get_serializer(channel).data, status=status)
