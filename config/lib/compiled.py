"""One row by its key, by SQL that is compiled once: for the reads that are asked for most."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, Q, QuerySet

# Stands for the key while the statement is compiled; no row has it.
ANY_KEY = UUID(int=1)


@lru_cache(maxsize=4096)
def _compiled(model: type[Model], gate: Q, columns: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    rows: QuerySet[Any, Any] = QuerySet(model).filter(gate, pk=ANY_KEY).values_list(*columns)
    sql, parameters = rows.query.sql_with_params()
    return sql, tuple(parameters)


def row_of(
    model: type[Model], key: UUID, *, gate: Q, columns: tuple[str, ...]
) -> tuple[Any, ...] | None:
    """Return the columns of the row, as the driver gives them, if the gate lets it through.

    Args: gate, the condition of the noun's one gate (``visible_condition``), never another one;
    columns, paths as for ``values_list``.
    """
    try:
        sql, parameters = _compiled(model, gate, columns)
    except EmptyResultSet:  # The gate is shut to this caller: Django need not ask.
        return None
    given = [key if parameter == ANY_KEY else parameter for parameter in parameters]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
