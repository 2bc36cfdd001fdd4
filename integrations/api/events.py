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
from integrations.events.log import as_cloudevent, read_after
from integrations.models import Cursor, Event
from integrations.models.events import EventQuerySet


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
    "required": ["next", "previous", "results"],
    "properties": {
        "next": _LINK,
        "previous": _LINK,
        "results": {"type": "array", "items": CLOUD_EVENT},
    },
}


class EventViewSet(ApiViewSet):
    """Everything that changed where you may see it, in one order, from any place on."""

    queryset = Event.objects.none()
    required_scopes = {"list": "events:read"}
    query_parameters = {"list": ("after", "limit", "type")}

    def get_queryset(self) -> EventQuerySet:
        """Return the events of what the caller sees."""
        return Event.objects.visible_to(self.principal)

    @extend_schema(parameters=[EventQuery], responses={(200, "application/json"): EVENT_PAGE})
    def list(self, request: Request) -> Response:
        """Follow the log: send the last `sequence` you have read as `after`.

        An event appears once every transaction that began before it has ended, so none is skipped.
        """
        asked = read_parameters(request, EventQuery)
        events = self.get_queryset()
        if asked["type"]:
            events = events.filter(type=asked["type"])
        found = read_after(asked["after"], limit=asked["limit"] + 1, events=events)
        page = found[: asked["limit"]]
        following = None
        if len(found) > len(page):
            url = request.build_absolute_uri()
            following = replace_query_param(url, "after", str(page[-1].cursor))
        results = [as_cloudevent(event) for event in page]
        return Response({"next": following, "previous": None, "results": results})
