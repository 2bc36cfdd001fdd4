"""Failures of the database after which the same work may succeed when it is tried again."""

from collections.abc import Callable
from typing import TypeVar

import stamina
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from config.lib.errors import DatabaseUnavailable

T = TypeVar("T")
TRIES = 6
# A lost connection, a server that stops or starts, a deadlock, and what a distributed database
# says when a part of it is gone. Source: docs/time-series.md, "Rules", 7.
STATES = frozenset({"08000", "08003", "08006", "57P01", "57P02", "57P03", "40P01", "XX000"})


def is_transient(error: BaseException) -> bool:
    """Say whether the same work may succeed when it is tried again."""
    if not isinstance(error, (DatabaseError, InterfaceError)):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        return isinstance(error, (OperationalError, InterfaceError))
    return state in STATES


def _prepare_retry(error: Exception) -> bool:
    """Say whether to try again, on a living connection."""
    if not is_transient(error):
        return False
    connection.close_if_unusable_or_obsolete()
    return True


def retried(work: Callable[[], T], *, on: Callable[[Exception], bool] = _prepare_retry) -> T:
    """Do the work, again as a whole when the database fails, and return its result.

    The work holds its own transaction and has no other effect, so that a failed try leaves nothing.

    Args: on, which decides about an error and prepares the next try.
    Raises: DatabaseUnavailable, when trying again was in vain.
    """
    try:
        for attempt in stamina.retry_context(
            on=on, attempts=TRIES, timeout=60, wait_initial=0.05, wait_max=5
        ):
            with attempt:
                return work()
    except (DatabaseError, InterfaceError) as error:
        if not on(error):
            raise
        raise DatabaseUnavailable() from error
    raise AssertionError("the last attempt returns or raises")
