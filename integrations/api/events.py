"""The log of changes over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from config.lib.pagination import DEFAULT_LIMIT, MAX_LIMIT
from config.lib.parameters import read_parameters
from config.lib.viewsets import ApiViewSet
from integrations.events.catalogue import TYPES
from integrations.events.log import as_cloudevent
from integrations.events.reading import read_page
from integrations.models import Cursor, Event


class CursorField(serializers.CharField):
    """The ``sequence`` of an event."""

    default_error_messages = {"invalid": "Send the `sequence` of an event you have read."}

    def to_internal_value(self, data: object) -> Cursor:  # type: ignore[override]
        """Return the place in the log."""
        try:
            return Cursor.parse(str(data))
        except ValueError:
            self.fail("invalid")


class EventQuery(serializers.Serializer[None]):
    """What part of the log is asked for."""

    after = CursorField(required=False, default=None)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    type = serializers.ChoiceField(choices=TYPES, required=False, default=None)


_TEXT = {"type": "string"}
CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in JSON; `sequence` is the cursor behind this event.",
    "required": ["specversion", "id", "source", "type", "subject", "time", "sequence", "data"],
    "properties": {
        "specversion": {"type": "string", "const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": _TEXT,
        "type": {"type": "string", "enum": list(TYPES)},
        "subject": _TEXT,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": _TEXT,
        "sequence": _TEXT,
        "data": {"type": "object"},
    },
}
_LINK = {"type": ["string", "null"], "format": "uri"}
EVENT_PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["next", "previous", "results", "cursor"],
    "properties": {
        "next": _LINK,
        "previous": _LINK,
        "results": {"type": "array", "items": CLOUD_EVENT},
        "cursor": {
            "type": ["string", "null"],
            "description": "How far the log was read for this page; send it as `after` later.",
        },
    },
}


class EventViewSet(ApiViewSet):
    """Everything that changed where you may see it, in one order, from any place on."""

    queryset = Event.objects.none()
    required_scopes = {"list": "events:read"}
    query_parameters = {"list": ("after", "limit", "type")}

    @extend_schema(parameters=[EventQuery], responses={(200, "application/json"): EVENT_PAGE})
    def list(self, request: Request) -> Response:
        """Follow the log: send the `cursor` of the page, or the last `sequence`, as `after`.

        An event appears once every transaction that began before it has ended, so none is skipped.
        A page may hold fewer events than asked for, or none: `next` leads on until it is null.
        """
        asked = read_parameters(request, EventQuery)
        page = read_page(
            self.principal, after=asked["after"], limit=asked["limit"], kind=asked["type"]
        )
        cursor = str(page.reached) if page.reached else None
        following = None
        if page.has_more:
            following = replace_query_param(request.build_absolute_uri(), "after", cursor)
        results = [as_cloudevent(event) for event in page.events]
        body = {"next": following, "previous": None, "results": results, "cursor": cursor}
        return Response(body)
