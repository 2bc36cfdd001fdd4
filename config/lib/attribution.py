"""On whose behalf the code that runs now writes, told to the database in every transaction.

The audit triggers read it there, so that no service has to pass it on. It is kept for the
transaction alone: neither a pooled nor a persistent connection carries it to the next caller.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

SETTING = "atrium.actor"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who (user), through which application, in which request, by which door (``origin``)."""

    user: UUID | None = None
    application: UUID | None = None
    request: str = ""
    origin: str = ""

    def as_json(self) -> str:
        """Return it as the database and messages to workers carry it."""
        return orjson.dumps({k: v for k, v in asdict(self).items() if v}).decode()

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> "Attribution":
        """Read what ``as_json`` wrote."""
        user, application = (given.get(name) for name in ("user", "application"))
        return cls(
            user=UUID(user) if user else None,
            application=UUID(application) if application else None,
            request=str(given.get("request", "")),
            origin=str(given.get("origin", "")),
        )


_current: ContextVar[Attribution | None] = ContextVar("attribution", default=None)
_is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)


def current() -> Attribution | None:
    """Return on whose behalf this code runs, or None where nobody has said."""
    return _current.get()


def announce(connection: BaseDatabaseWrapper) -> None:
    """Tell the database, for the transaction that is open."""
    given = _current.get()
    with connection.cursor() as cursor:
        text = given.as_json() if given else ""
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, text])


def _tell_open_transactions() -> None:
    if _is_reading.get():
        return
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block and not connection.needs_rollback:
            announce(connection)


@contextmanager
def attributed(to: Attribution, *, is_reading: bool = False) -> Iterator[None]:
    """Attribute every write inside the block; what held before holds again afterwards.

    A transaction that is open already is told at once, unless the block ``is_reading``: then only
    those that begin inside it are, so that reading costs nothing.
    """
    token = _current.set(to)
    reading = _is_reading.set(is_reading)
    _tell_open_transactions()
    try:
        yield
    finally:
        _current.reset(token)
        _tell_open_transactions()
        _is_reading.reset(reading)


def refine(*, user: UUID | None = None, application: UUID | None = None) -> None:
    """Say more about who acts, as soon as it is known, until the enclosing block ends."""
    given = _current.get()
    if given is None:
        return
    refined = replace(given, user=user or given.user, application=application or given.application)
    if refined != given:
        _current.set(refined)
        _tell_open_transactions()
