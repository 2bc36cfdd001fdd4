"""Reading the database as it stood at a moment: ``with as_of(moment):`` around any queries.

Inside, the tables that keep their versions answer as of then, whoever asks: the ORM, a join, a
subquery or plain SQL, since a schema of views under the tables' own names comes first in the
search path (``twin/versioning/sql.py``). Tables without versions answer as of now. Nothing can be
written to what is seen in this way.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail

from config.lib.problems import InvalidParameters
from config.lib.times import format_time, parse_time

if TYPE_CHECKING:
    from rest_framework.request import Request

PARAMETER: Final = "at"
SCHEMA: Final = "past"
SETTING: Final = "atrium.at"
# The clocks of callers and of the database may differ by so much.
LEEWAY = timedelta(seconds=5)

SET_OUT = """
    SELECT before, set_config('search_path', %(schema)s || ', ' || before, true),
        coalesce(current_setting(%(setting)s, true), ''), set_config(%(setting)s, %(at)s, true)
    FROM (SELECT current_setting('search_path') AS before OFFSET 0) path
"""
RETURN = "SELECT set_config('search_path', %s, true), set_config(%s, %s, true)"

Companion = Callable[[Any, datetime], AbstractContextManager[None]]
_companions: list[Companion] = []


def register_companion(companion: Companion) -> None:
    """Let a context manager, given the principal and the moment, surround each journey."""
    _companions.append(companion)


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Answer all queries inside the block as of that moment; two statements more.

    A lazy queryset must be evaluated inside. Needs no open transaction.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            at = format_time(moment)
            cursor.execute(SET_OUT, {"schema": SCHEMA, "setting": SETTING, "at": at})
            path, _, earlier, _ = cursor.fetchone()
        try:
            yield
        finally:
            if not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute(RETURN, [path, SETTING, earlier])


@contextmanager
def journey(principal: Any, moment: datetime) -> Iterator[None]:
    """Read as of that moment on behalf of a caller, by the rights that they have now."""
    with ExitStack() as stack:
        for companion in _companions:
            stack.enter_context(companion(principal, moment))
        yield


def asked_moment(request: "Request") -> datetime | None:
    """Return the moment of ``?at=``, None if it is not given.

    Raises: InvalidParameters, if it is no RFC 3339 time with a zone, or is still to come.
    """
    given = request.query_params.get(PARAMETER)
    if given is None:
        return None
    moment = parse_time(given)
    if moment is None:
        detail = "Send an RFC 3339 time with a zone, such as 2026-08-01T12:00:00Z."
        raise InvalidParameters({PARAMETER: [ErrorDetail(detail, code="invalid")]})
    if moment > timezone.now() + LEEWAY:
        detail = "This is still to come. Leave `at` out for how things stand now."
        raise InvalidParameters({PARAMETER: [ErrorDetail(detail, code="in-future")]})
    return moment
