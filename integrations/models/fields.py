"""Fields for types that only PostgreSQL has."""

from typing import Any

from django.db import models


class TransactionIdField(models.Field):
    """An ``xid8``: the 64-bit number of a transaction, which never wraps."""

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "xid8"

    def from_db_value(self, value: Any, *args: object) -> int | None:
        """Return the number."""
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        """Send text: the server knows no comparison of ``xid8`` with an integer."""
        return value if value is None or hasattr(value, "resolve_expression") else str(value)


class CurrentTransaction(models.Func):
    """The number of the transaction that runs."""

    function = "pg_current_xact_id"
    output_field = TransactionIdField()


class OldestOpenTransaction(models.Func):
    """Every transaction with a lower number is over, as far as this snapshot sees."""

    template = "pg_snapshot_xmin(pg_current_snapshot())"
    output_field = TransactionIdField()
