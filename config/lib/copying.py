"""Rows in by binary COPY: twenty times as fast as inserts, for whole buildings and batches."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format
from psycopg.sql import SQL, Identifier
from psycopg.types import TypeInfo

LTREE = "ltree"
LTREE_VERSION = b"\x01"


class LtreeDumper(Dumper):
    """Sends an ltree path as PostgreSQL receives it: a version byte, then the labels."""

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer:
        """Return the path's bytes."""
        return LTREE_VERSION + str(obj).encode()


def copy_rows(model: type[Model], *, fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Add rows to a model's table in one statement and return how many.

    Neither defaults nor signals nor validation of Django take part: give every column that has no
    default in the database, already checked. Constraints hold as always.

    Args: names of concrete fields; rows of values in that order, JSON as plain values.
    """
    columns: list[Any] = [model._meta.get_field(name) for name in fields]
    names = SQL(", ").join([Identifier(str(column.column)) for column in columns])
    table = Identifier(model._meta.db_table)
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, names)
    types = [_type_of(column) for column in columns]
    count = 0
    cursor = connection.cursor()
    with cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _type_of(column: Any) -> str:
    """Return the name by which psycopg knows a column's type: ``varchar``, not ``varchar(16)``."""
    name = str(column.db_type(connection)).partition("(")[0]
    if name == LTREE:
        connection.ensure_connection()
        _learn_ltree(connection.connection)
    return name


def _learn_ltree(raw: Any) -> None:
    """Teach a connection, once, to send ltree, whose type number differs between databases."""
    if raw.adapters.types.get(LTREE) is not None:
        return
    info = TypeInfo.fetch(raw, LTREE)
    if info is None:
        raise LookupError("The database lacks the extension ltree.")
    info.register(raw)
    raw.adapters.register_dumper(None, type("Ltree", (LtreeDumper,), {"oid": info.oid}))
