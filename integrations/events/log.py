"""The log: write events in the transaction of the change, read them in order from any cursor."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from config.lib.copying import copy_rows
from config.lib.ids import uuid7
from config.lib.times import format_time
from integrations.events.catalogue import Draft
from integrations.models import Cursor, Event
from twin.models import Space

FIELDS = (
    *("id", "type", "time", "source", "subject", "organisation", "site", "node", "spaces", "about"),
    "data",
)
# One JSON document carries all events, however many.
APPEND_ONCE = """
INSERT INTO integrations_event
  (id, type, time, source, subject, organisation, site, spaces, about, data, batch_key)
SELECT e.id, %s, %s, e.source, e.subject, e.organisation, e.site, e.spaces,
  CASE WHEN e.since IS NOT NULL THEN tstzrange(e.since, e.until, '[]') END, e.data, e.batch_key
FROM json_to_recordset(%s::json) AS e (id uuid, source text, subject text, organisation uuid,
  site uuid, spaces uuid[], since timestamptz, until timestamptz, data jsonb, batch_key text)
ON CONFLICT (batch_key) WHERE batch_key IS NOT NULL DO NOTHING
"""


def append(kind: str, drafts: Iterable[Draft]) -> None:
    """Write events of one type with one statement; one whose batch key is there is left out."""
    now = timezone.now()
    keyed: list[Draft] = []
    plain: list[Draft] = []
    for draft in with_ways(list(drafts)):
        (keyed if draft.batch_key else plain).append(draft)
    if plain:
        copy_rows(Event, fields=FIELDS, rows=(_row(kind, draft, now=now) for draft in plain))
    if keyed:
        document = orjson.dumps([_keyed_row(kind, draft) for draft in keyed]).decode()
        with connection.cursor() as cursor:
            cursor.execute(APPEND_ONCE, [kind, now, document])


def with_ways(drafts: list[Draft]) -> list[Draft]:
    """Return the drafts with the way to the space of each (one query, none if all are known)."""
    asked = {draft.space for draft in drafts if draft.space and draft.way is None}
    rows = Space.objects.filter(pk__in=asked).values_list("pk", "path") if asked else ()
    ways = {key: list(path) for key, path in rows}
    return [
        replace(draft, way=ways.get(draft.space, []) if draft.space else [])
        if draft.way is None
        else draft
        for draft in drafts
    ]


def _row(kind: str, draft: Draft, *, now: datetime) -> tuple[Any, ...]:
    node = draft.id if draft.id is None or isinstance(draft.id, UUID) else UUID(str(draft.id))
    whose = (draft.source, draft.subject, draft.organisation, draft.site, node)
    spaces = [UUID(label) for label in draft.way or ()]
    about = DateTimeTZRange(*draft.about, "[]") if draft.about else None
    return uuid7(), kind, now, *whose, spaces, about, draft.data


def _keyed_row(kind: str, draft: Draft) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "source": draft.source,
        "subject": draft.subject,
        "organisation": draft.organisation,
        "site": draft.site,
        "spaces": [str(UUID(label)) for label in draft.way or ()],
        "since": draft.about and draft.about[0],
        "until": draft.about and draft.about[1],
        "data": draft.data,
        "batch_key": f"{kind}:{draft.batch_key}",
    }


def read_after(cursor: Cursor | None, *, limit: int) -> list[Event]:
    """Return the next events behind the cursor, for the platform itself: of everybody.

    Nothing is ever skipped: an event waits until no transaction that began before it is open.
    Source: docs/time-series.md, "The order of events".
    """
    return list(Event.objects.all().after(cursor)[:limit])


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
