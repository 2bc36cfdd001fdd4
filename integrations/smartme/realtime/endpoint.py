"""The short way in for realtime posts, in front of Django: they come by the thousand.

What is kept is answered here. All else (refusals, other methods, other paths) is Django's, whose
view stands at the same path and is served by the same functions.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from config.lib.ids import uuid7
from config.lib.metrics import REQUESTS, SECONDS
from config.lib.requests import HEADER, WELL_FORMED

from .collecting import Collector
from .receiving import Arrival, Verdict
from .wire import MAX_BODY_BYTES

PREFIX: Final = "/api/v1/smartme/realtime/"
ROUTE: Final = "api/v1/smartme/realtime/<str:token>/"
DONE: Final = b"OK"
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class RealtimeFirst:
    """A WSGI application that takes realtime posts itself and hands on everything else."""

    def __init__(self, application: Application, *, collector: Collector | None = None) -> None:
        self._application = application
        self._collector = collector or Collector()
        self._count = REQUESTS.labels("POST", ROUTE, "200")
        self._seconds = SECONDS.labels("POST", ROUTE)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST" or not path.startswith(PREFIX):
            return self._application(environ, start_response)
        started = time.perf_counter()
        token, slash, rest = path[len(PREFIX) :].partition("/")
        size = environ.get("CONTENT_LENGTH") or ""
        if rest or not slash or not size.isdecimal() or int(size) > MAX_BODY_BYTES:
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(size))
        arrival = Arrival(token, environ.get("HTTP_AUTHORIZATION", ""), body)
        if self._collector.keep(arrival) is not Verdict.KEPT:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._application(environ, start_response)
        start_response("200 OK", _headers(environ))
        self._count.inc()
        self._seconds.observe(time.perf_counter() - started)
        return [DONE]


def _headers(environ: Environ) -> list[tuple[str, str]]:
    given = environ.get("HTTP_X_REQUEST_ID", "")
    request_id = given if WELL_FORMED.fullmatch(given) else str(uuid7())
    return [
        ("Content-Type", "text/plain"),
        ("Content-Length", str(len(DONE))),
        (HEADER, request_id),
    ]
