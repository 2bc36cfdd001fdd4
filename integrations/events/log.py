"""The log: write events in the transaction of the change, read them in order from any cursor."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from config.lib.ids import uuid7
from config.lib.times import format_time
from integrations.events.catalogue import Draft
from integrations.models import Cursor, Event
from integrations.models.events import EventQuerySet

APPEND = """
INSERT INTO integrations_event
  (id, type, time, source, subject, organisation, site, node, data, batch_key)
SELECT id, %s, %s, source, subject, organisation, site, node, data::jsonb, batch_key
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[],
  %s::text[]) AS e (id, source, subject, organisation, site, node, data, batch_key)
ON CONFLICT (batch_key) DO NOTHING
"""


def _row(kind: str, draft: Draft) -> tuple[Any, ...]:
    return (
        uuid7(),
        draft.source,
        draft.subject,
        draft.organisation,
        draft.site,
        draft.id,
        orjson.dumps(draft.data).decode(),
        f"{kind}:{draft.batch_key}" if draft.batch_key else None,
    )


def append(kind: str, drafts: Iterable[Draft]) -> None:
    """Write events of one type with one statement; one whose batch key is there is left out."""
    rows = [_row(kind, draft) for draft in drafts]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(APPEND, [kind, timezone.now(), *columns])


def read_after(
    cursor: Cursor | None, *, limit: int, events: EventQuerySet | None = None
) -> list[Event]:
    """Return the next events behind the cursor, of those given, else of all.

    Nothing is ever skipped: an event waits until no transaction that began before it is open.
    Source: docs/time-series.md, "The order of events".
    """
    found = Event.objects.all() if events is None else events
    return list(found.after(cursor)[:limit])


def as_cloudevent(event: Event) -> dict[str, Any]:
    """Return the event as CloudEvents 1.0 JSON; ``sequence`` is the cursor behind it."""
    return {
        "specversion": "1.0",
        "id": str(event.pk),
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": format_time(event.time),
        "datacontenttype": "application/json",
        "sequence": str(event.cursor),
        "data": event.data,
    }
