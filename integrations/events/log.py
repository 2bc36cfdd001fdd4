"""The log: write events in the transaction of the change, read them in order from any cursor."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from config.lib.times import format_time
from integrations.events.catalogue import Draft
from integrations.models import Cursor, Event
from integrations.models.events import EventQuerySet

FIELDS = ("id", "type", "time", "source", "subject", "organisation", "site", "node", "data")
# One JSON document carries all events, however many.
APPEND_ONCE = """
INSERT INTO integrations_event
  (id, type, time, source, subject, organisation, site, data, batch_key)
SELECT e.id, %s, %s, e.source, e.subject, e.organisation, e.site, e.data, e.batch_key
FROM json_to_recordset(%s::json) AS e (id uuid, source text, subject text, organisation uuid,
  site uuid, data jsonb, batch_key text)
ON CONFLICT (batch_key) WHERE batch_key IS NOT NULL DO NOTHING
"""


def append(kind: str, drafts: Iterable[Draft]) -> None:
    """Write events of one type with one statement; one whose batch key is there is left out."""
    now = timezone.now()
    keyed: list[Draft] = []
    plain: list[Draft] = []
    for draft in drafts:
        (keyed if draft.batch_key else plain).append(draft)
    if plain:
        copy_rows(Event, fields=FIELDS, rows=(_row(kind, draft, now) for draft in plain))
    if keyed:
        document = orjson.dumps([_keyed_row(kind, draft) for draft in keyed]).decode()
        with connection.cursor() as cursor:
            cursor.execute(APPEND_ONCE, [kind, now, document])


def _row(kind: str, draft: Draft, now: datetime) -> tuple[Any, ...]:
    node = draft.id if draft.id is None or isinstance(draft.id, UUID) else UUID(str(draft.id))
    place = (draft.source, draft.subject, draft.organisation, draft.site, node)
    return uuid7(), kind, now, *place, draft.data


def _keyed_row(kind: str, draft: Draft) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "source": draft.source,
        "subject": draft.subject,
        "organisation": draft.organisation,
        "site": draft.site,
        "data": draft.data,
        "batch_key": f"{kind}:{draft.batch_key}",
    }


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
