"""Take rows out of the database whole, with all that would go with them, and put them back.

Which tables depend on which is asked of Django's models, so that tables of the apps above take
part without twin knowing them; the rows themselves are kept as the database writes them in JSON.
"""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import connection, models
from django.db.models import Model
from psycopg.sql import SQL, Composed, Identifier

from twin.models import Node, Space, View
from twin.services.deletion import has_stamp, relations_of
from twin.versioning.returning import mark_return

Rows = list[dict[str, Any]]
# Nodes first, then what they are: their keys are what all others reference.
HEADS: tuple[type[Model], ...] = (Node, Space, View)


def capture(keys: Collection[UUID]) -> list[tuple[str, Rows]]:
    """Return the nodes, the things they are and all rows that would go with them, by table."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    queue: list[tuple[type[Model], str, list[Any]]] = [(Node, "id", list(keys))]
    while queue:
        model, column, values = queue.pop(0)
        known = found.setdefault(model._meta.label, {})
        rows = {str(row[_key(model)]): row for row in _select(model, column, values=values)}
        fresh = [key for key in rows if key not in known]
        known.update(rows)
        if fresh:
            queue += [(child, name, fresh) for child, name in _dependents(model, models.CASCADE)]
    order = [model._meta.label for model in HEADS]
    labels = [*order, *(label for label in found if label not in order)]
    return [(label, list(found[label].values())) for label in labels if found.get(label)]


def capture_rows(model: type[Model], keys: Collection[UUID]) -> list[tuple[str, Rows]]:
    """Return rows of one table, on which nothing hangs."""
    rows = _select(model, _key(model), values=list(keys)) if keys else []
    return [(model._meta.label, rows)] if rows else []


def capture_links(tables: list[tuple[str, Rows]]) -> list[tuple[str, str, Rows]]:
    """Return the rows that stay and lose their link to a captured one: table, column, links."""
    found = []
    for label, rows in tables:
        model = apps.get_model(label)
        keys = [row[_key(model)] for row in rows]
        for child, column in _dependents(model, models.SET_NULL):
            links = [
                {_key(child): row[_key(child)], column: row[column]}
                for row in _select(child, column, values=keys)
            ]
            if links:
                found.append((child._meta.label, column, links))
    return found


def restore_links(links: list[tuple[str, str, Rows]]) -> None:
    """Link rows again to what came back, as far as they are linked to nothing else since."""
    for label, column, rows in links:
        model = apps.get_model(label)
        target = model._meta.get_field(column.removesuffix("_id")).related_model
        stamp = SQL(", updated_at = now()" if has_stamp(model) else "")
        statement = SQL(
            "UPDATE {table} t SET {column} = r.{column}{stamp} FROM"
            " jsonb_populate_recordset(NULL::{table}, %s::jsonb) r"
            " WHERE t.{key} = r.{key} AND t.{column} IS NULL"
            " AND EXISTS (SELECT FROM {target} o WHERE o.{its_key} = r.{column})"
        ).format(
            table=Identifier(model._meta.db_table),
            column=Identifier(column),
            stamp=stamp,
            key=Identifier(_key(model)),
            target=Identifier(target._meta.db_table),
            its_key=Identifier(_key(target)),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [orjson.dumps(rows).decode()])


def read_again(tables: list[Any], model: type[Model]) -> list[Any]:
    """Return captured tables with the rows of one of them as they are by now."""
    label = model._meta.label
    return [
        (name, _select(model, _key(model), values=[row[_key(model)] for row in rows]))
        if name == label
        else (name, rows)
        for name, rows in tables
    ]


def only_gone(tables: list[Any]) -> list[Any]:
    """Return captured tables without the rows that stand after all."""
    found = []
    for label, rows in tables:
        model = apps.get_model(label)
        key = _key(model)
        standing = {row[key] for row in _select(model, key, values=[row[key] for row in rows])}
        found.append((label, [row for row in rows if row[key] not in standing]))
    return found


def restore(tables: list[Any]) -> None:
    """Put captured rows back as they were; those whose other end has gone since stay out."""
    for label, rows in tables:
        model = apps.get_model(label)
        columns = [Identifier(str(field.column)) for field in model._meta.concrete_fields]
        statement = SQL(
            "INSERT INTO {table} ({columns}) SELECT {picked} FROM"
            " jsonb_populate_recordset(NULL::{table}, %s::jsonb) r WHERE {whole}"
            " ON CONFLICT DO NOTHING RETURNING {key}::text"
        ).format(
            table=Identifier(model._meta.db_table),
            columns=SQL(", ").join(columns),
            picked=SQL(", ").join(SQL("r.{}").format(column) for column in columns),
            whole=_whole(model),
            key=Identifier(_key(model)),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [orjson.dumps(rows).decode()])
            back = [key for (key,) in cursor.fetchall()]
        mark_return(model._meta.db_table, back)


def _key(model: type[Model]) -> str:
    return str(model._meta.pk.column) if model._meta.pk else "id"


def _select(model: type[Model], column: str, *, values: list[Any]) -> Rows:
    """Return the rows of a table whose column holds one of the values, as JSON."""
    table = Identifier(model._meta.db_table)
    statement = SQL("SELECT to_jsonb(t)::text FROM {} t WHERE {} = ANY(%s)").format(
        table, Identifier(column)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [values])
        return [orjson.loads(row[0]) for row in cursor.fetchall()]


def _dependents(model: type[Model], on_delete: Any) -> Iterator[tuple[type[Model], str]]:
    """Yield the tables and columns whose rows go, or let go, when a row of this one goes."""
    for relation in relations_of(model):
        if relation.on_delete is on_delete:
            yield relation.related_model, str(relation.field.column)


def _whole(model: type[Model]) -> Composed:
    """Return the condition that all that a row references is there."""
    parts: list[Any] = [SQL("true")]
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True):
            target = field.remote_field.model
            parts.append(
                SQL(
                    "(r.{column} IS NULL OR EXISTS (SELECT 1 FROM {table} o WHERE o.{key} = "
                    "r.{column}){itself})"
                ).format(
                    column=Identifier(str(field.column)),
                    table=Identifier(target._meta.db_table),
                    key=Identifier(_key(target)),
                    # A row may reference one that comes back beside it.
                    itself=SQL(" OR true" if target in HEADS and target is model else ""),
                )
            )
    return SQL(" AND ").join(parts)
