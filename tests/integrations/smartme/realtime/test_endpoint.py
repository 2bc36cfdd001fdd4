"""The short way in, in front of Django: what it answers is kept; all else is Django's."""

import io
from base64 import b64encode
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError

from integrations.models import RealtimePost
from integrations.smartme.realtime.collecting import Collector
from integrations.smartme.realtime.endpoint import RealtimeFirst
from integrations.smartme.realtime.receiving import Arrival, Verdict
from tests.integrations.smartme.realtime.posts import Line


def call(application: Any, path: str, body: bytes = b"", **environ: Any) -> tuple[str, bytes]:
    """Return status line and body of an answer."""
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "QUERY_STRING": "",
        **environ,
    }
    status: list[str] = []

    def start_response(line: str, headers: Any) -> None:
        status.append(line)

    parts: Iterable[bytes] = application(given, start_response)
    return status[0], b"".join(parts)


@pytest.mark.django_db(transaction=True)
def test_posts_at_once_are_kept_before_they_are_answered_and_others_refused(line: Line) -> None:
    collector = Collector()
    application = RealtimeFirst(get_wsgi_application(), collector=collector)
    bodies = [str(number).encode() for number in range(40)]
    wrong = "Basic " + b64encode(b"atrium:wrong").decode()

    def post(body: bytes) -> tuple[str, bytes]:
        return call(application, line.path, body, HTTP_AUTHORIZATION=line.authorization)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, bodies))
    refused, problem = call(application, line.path, b"wrong", HTTP_AUTHORIZATION=wrong)
    collector.stop()

    assert answers == [("200 OK", b"OK")] * 40
    assert (refused, orjson.loads(problem)["status"]) == ("401 Unauthorized", 401)
    assert {bytes(post.body) for post in RealtimePost.objects.all()} == set(bodies)


@pytest.mark.parametrize(
    "changes",
    [
        {"REQUEST_METHOD": "GET"},
        {"PATH_INFO": "/api/v1/sites/"},
        {"PATH_INFO": "/api/v1/smartme/realtime/abc"},
        {"PATH_INFO": "/api/v1/smartme/realtime/abc/d/"},
        {"CONTENT_LENGTH": "99999999"},
        {"CONTENT_LENGTH": "many"},
    ],
    ids=str,
)
def test_everything_else_is_handed_on(changes: dict[str, str]) -> None:
    asked: list[str] = []

    def behind(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response("204 No Content", [])
        return []

    call(RealtimeFirst(behind), "/api/v1/smartme/realtime/abc/", b"", **changes)

    assert len(asked) == 1


def test_lost_connection_is_made_anew_once() -> None:
    calls: list[int] = []

    def flaky(arrivals: Any) -> list[Verdict]:
        calls.append(len(arrivals))
        if len(calls) in (1, 3, 4):
            raise OperationalError("server closed the connection")
        return [Verdict.KEPT] * len(arrivals)

    collector = Collector(flaky)
    arrival = Arrival("", "", b"")

    assert collector.keep(arrival) is Verdict.KEPT
    assert collector.keep(arrival) is Verdict.FAILED
    assert collector.keep(arrival) is Verdict.KEPT


def test_fault_of_ours_is_told_and_the_thread_lives_on() -> None:
    def broken(arrivals: Any) -> list[Verdict]:
        raise ZeroDivisionError

    collector = Collector(broken)

    assert collector.keep(Arrival("", "", b"")) is Verdict.FAILED
    assert collector.keep(Arrival("", "", b"")) is Verdict.FAILED
