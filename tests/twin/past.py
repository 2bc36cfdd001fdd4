"""How tests let time pass inside one transaction: rows made long ago, writes of another day."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
DAY_0, DAY_1, DAY_2, DAY_3 = (datetime(2025, 1, 1 + day, 12, tzinfo=UTC) for day in range(4))


def backdate(row: Row, moment: datetime = DAY_0) -> Row:
    """Let a row have been made then, as if it had stood ever since."""
    type(row)._default_manager.filter(pk=row.pk).update(created_at=moment)
    row.refresh_from_db()
    return row


def write_on(moment: datetime) -> None:
    """Let all writes from now on be of one transaction of that moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('atrium.moment', %s, true), set_config('atrium.change', '', true)",
            [moment.isoformat()],
        )


def versions(row: models.Model) -> list[dict[str, Any]]:
    """Return what is kept of a row beside the row itself, oldest first."""
    table = f"{row._meta.db_table}_version"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE id = %s ORDER BY valid_until", [row.pk])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def write_anew() -> None:
    """Let all writes from now on be of another transaction, as each request has its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('atrium.moment', '', true), set_config('atrium.change', '', true)"
        )
