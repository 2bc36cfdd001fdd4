"""The connection: what is attributed is announced when a transaction begins.

Nothing is announced, and nothing costs, while nobody has said on whose behalf the code runs.
"""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.backends.postgresql import base

from config.lib import attribution

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "COPY")
Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def write_in_a_transaction(
    execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Give a single writing statement a transaction of its own, in which it is attributed.

    PostgreSQL gives it one anyway; this one begins with the announcement.
    """
    connection = context["connection"]
    is_open = connection.in_atomic_block or not connection.get_autocommit()
    if is_open or attribution.current() is None:
        return execute(sql, params, many, context)
    if not str(sql).lstrip(" \n(").upper().startswith(WRITES):
        return execute(sql, params, many, context)
    with transaction.atomic(using=connection.alias):
        return execute(sql, params, many, context)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that keeps writes attributed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(write_in_a_transaction)

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        """Begin or end transactions as Django does, and announce each that begins."""
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if autocommit or attribution.current() is None:
            return
        try:
            attribution.announce(self)
        except DatabaseError:
            # Django has not entered its atomic block yet and would never leave it.
            self.close()
            raise
