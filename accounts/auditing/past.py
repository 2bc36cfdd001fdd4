"""Rows as they stood at a time, told by the audit log: also those that are gone or changed since.

From today's rows the log is undone back to that time: of each column counts what the oldest entry
after it says was before. A row that was created later is left out, one deleted later comes back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet

from config.lib.ids import first_id_at

Row = TypeVar("Row", bound=models.Model)

# Entries are found by `about` (an index must serve it), and by the time that their key holds.
ROWS_SQL = """
    WITH undone AS (
        SELECT e.object_id::uuid AS id, bool_or(e.action = 'created') AS is_new,
               jsonb_object_agg(b.key, b.value ORDER BY e.id DESC)
                   FILTER (WHERE b.key IS NOT NULL) AS before
        FROM accounts_auditentry e LEFT JOIN LATERAL jsonb_each(e.before) b ON true
        WHERE {about} AND e.object_type = '{noun}' AND e.id >= %(entries_from)s
          AND e.action IN ('created', 'updated', 'deleted') AND e.object_id <> ''
        GROUP BY e.object_id
    )
    SELECT t.* FROM {table} t WHERE NOT EXISTS (SELECT FROM undone u WHERE u.id = t.id)
    UNION ALL
    SELECT r.*
    FROM undone u LEFT JOIN {table} t ON t.id = u.id
    CROSS JOIN LATERAL jsonb_populate_record(
        NULL::{table},
        coalesce(to_jsonb(t), '{{}}') || coalesce(u.before, '{{}}')
            || jsonb_build_object('id', u.id)
    ) r
    WHERE NOT u.is_new
"""

FOUND_SQL = "SELECT r.* FROM ({rows}) r WHERE {where} ORDER BY r.id"
# Of a membership, grant or the like: begun and not over.
CURRENT = "coalesce(r.starts_at <= %(at)s, true) AND coalesce(r.ends_at > %(at)s, true)"


def rows_then(table: str, *, noun: str, about: str) -> str:
    """Return the SQL of an audited table's rows at the time of ``entries_from`` (``moment``).

    ``about`` is SQL over the entries ``e``: whom or what they concern.
    """
    return ROWS_SQL.format(table=table, noun=noun, about=about)


def moment(at: datetime) -> dict[str, Any]:
    """Return the values for the placeholders of the time."""
    return {"at": at, "entries_from": first_id_at(at)}


def find_then(
    model: type[Row],
    *,
    noun: str,
    about: str,
    where: str,
    at: datetime,
    values: Mapping[str, Any],
) -> list[Row]:
    """Return the rows of an audited model that were so at a time, by key, with their users.

    ``where`` is SQL over the rows ``r``. Two queries.
    """
    rows = rows_then(model._meta.db_table, noun=noun, about=about)
    sql = FOUND_SQL.format(rows=rows, where=where)
    found: list[Row] = list(QuerySet(model).raw(sql, {**values, **moment(at)}))
    models.prefetch_related_objects(found, "user")
    return found
