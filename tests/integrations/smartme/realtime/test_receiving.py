"""Posts are kept for the right address and pair, and refused else."""

from base64 import b64encode
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Organisation
from integrations.models import Connection, RealtimePost
from integrations.smartme.realtime import receiving
from integrations.smartme.realtime.receiving import FIND, KEEP, Verdict, receive
from integrations.smartme.realtime.wire import MAX_BODY_BYTES
from tests.integrations.smartme.realtime.posts import Line, make_line
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
OCTETS = "application/octet-stream"


def post(client: APIClient, path: str, body: bytes, authorization: str = "") -> Any:
    headers = {"Authorization": authorization} if authorization else {}
    return client.post(path, body, content_type=OCTETS, headers=headers)


def test_post_is_kept_as_it_came(line: Line, anonymous: APIClient) -> None:
    response = post(anonymous, line.path, b"\x00anything", line.authorization)

    kept = RealtimePost.objects.get()
    assert (response.status_code, response.content) == (HTTPStatus.OK, b"OK")
    assert bytes(kept.body) == b"\x00anything"
    assert kept.connection_id == line.connection.pk


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Bearer abc",
        "Basic " + b64encode(b"atrium:wrong").decode(),
        "Basic " + b64encode(b"\xff\xfe").decode(),
    ],
)
def test_wrong_pair_is_refused(line: Line, anonymous: APIClient, header: str) -> None:
    response = post(anonymous, line.path, b"", header)

    assert_problem(response, HTTPStatus.UNAUTHORIZED)
    assert response["WWW-Authenticate"].startswith("Basic")
    assert not RealtimePost.objects.exists()


def test_unknown_address_is_refused_like_a_wrong_pair(line: Line, anonymous: APIClient) -> None:
    unknown = post(anonymous, line.path.replace(line.token, "nobody"), b"", line.authorization)
    wrong = post(anonymous, line.path, b"", "Basic " + b64encode(b"a:b").decode())

    ignored = {"instance": ""}
    assert unknown.json() | ignored == wrong.json() | ignored


def test_pair_of_another_address_is_refused(
    line: Line, organisation: Organisation, anonymous: APIClient
) -> None:
    other = make_line(organisation, name="Other")

    response = post(anonymous, line.path, b"", other.authorization)

    assert_problem(response, HTTPStatus.UNAUTHORIZED)


def test_large_body_is_refused(line: Line, anonymous: APIClient) -> None:
    response = post(anonymous, line.path, b"0" * (MAX_BODY_BYTES + 1), line.authorization)

    assert_problem(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_disconnected_account_is_refused(line: Line, anonymous: APIClient) -> None:
    Connection.objects.filter(pk=line.connection.pk).update(disconnected_at=timezone.now())

    response = post(anonymous, line.path, b"", line.authorization)

    assert_problem(response, HTTPStatus.UNAUTHORIZED)


def test_full_inbox_asks_to_come_back(
    line: Line, anonymous: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        receive([line.arrival(b"")])
    monkeypatch.setattr(receiving, "MAX_WAITING", 2)
    monkeypatch.setattr(receiving._Room, "looked_at", 0.0)
    monkeypatch.setattr(receiving._Room, "is_there", True)

    response = post(anonymous, line.path, b"", line.authorization)

    assert_problem(response, HTTPStatus.SERVICE_UNAVAILABLE, "realtime-inbox-full")
    assert response["Retry-After"] == "60"
    assert RealtimePost.objects.count() == 3


def test_posts_that_come_at_once_are_judged_one_by_one(
    line: Line, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_line(organisation, name="Other")
    receive([line.arrival(b"")])  # The room in the inbox was looked at just now.
    arrivals = [line.arrival(b"1"), other.arrival(b"2")._replace(token=line.token)]
    arrivals += [other.arrival(b"3"), line.arrival(b"4")._replace(token="nobody")]

    statements: list[str] = []

    def execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        statements.append(statement)
        return executed(statement, *values)

    executed = receiving._executed
    monkeypatch.setattr(receiving, "_executed", execute)

    verdicts = receive(arrivals)

    assert statements == [FIND, KEEP]
    kept, refused = Verdict.KEPT, Verdict.REFUSED
    assert verdicts == [kept, refused, kept, refused]
    rows = RealtimePost.objects.exclude(body=b"").order_by("pk")
    assert [(bytes(row.body), row.connection_id) for row in rows] == [
        (b"1", line.connection.pk),
        (b"3", other.connection.pk),
    ]


def test_secrets_are_kept_as_digests_alone(line: Line) -> None:
    endpoint = line.connection.endpoints.get()

    assert line.token not in str(endpoint.__dict__)
    assert line.password not in str(endpoint.__dict__)
