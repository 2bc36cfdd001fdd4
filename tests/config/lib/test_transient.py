"""A database that fails in the middle of a request: tried again, or said plainly."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
import pytest
from django.db import OperationalError, connection, models
from django.http import HttpResponseBase
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from config.lib import transient
from config.lib.errors import DatabaseUnavailable
from config.lib.viewsets import ApiViewSet

KEY = {"Idempotency-Key": "key-1"}


class Fragile(ApiViewSet):
    """Loses its database connection as often as ``failures`` says, then answers."""

    queryset = models.QuerySet()
    serializer_class = None
    permission_classes = ()
    authentication_classes = ()
    failures: ClassVar[Iterator[bool]]

    def create(self, request: Any) -> Response:
        """Answer, or lose the connection on the way."""
        if next(self.failures):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return Response(request.data, status=HTTPStatus.CREATED)


@pytest.fixture
def post(transactional_db: None, monkeypatch: Any) -> Iterator[Callable[..., HttpResponseBase]]:
    """Give a function that posts to a view that fails ``times``."""
    monkeypatch.setattr(transient, "TRIES", 2)

    def send(times: int, **headers: str) -> HttpResponseBase:
        Fragile.failures = iter([True] * times + [False] * 9)
        request = APIRequestFactory().post("/api/v1/fragile/", {"a": 1}, headers=headers)
        return Fragile.as_view({"post": "create"})(request)

    yield send
    connection.close()


def test_request_with_a_key_is_served_again_as_a_whole(post: Callable[..., Any]) -> None:
    answer = post(1, **KEY)

    assert answer.status_code == HTTPStatus.CREATED
    assert answer.data == {"a": 1}


def test_request_with_a_key_is_given_up_in_plain_words(post: Callable[..., Any]) -> None:
    answer = post(9, **KEY)

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert orjson.loads(answer.content)["type"].endswith("/problems/database-unavailable")
    assert answer["Retry-After"] == "5"


def test_request_without_a_key_is_not_repeated(post: Callable[..., Any]) -> None:
    answer = post(1)

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.data["type"].endswith("/problems/database-unavailable")


@pytest.mark.parametrize(("fault", "tries"), [(OperationalError, 2), (ValueError, 1)])
def test_only_failures_of_the_database_are_tried_again(
    fault: type[Exception], tries: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(transient, "TRIES", 2)
    tried = []

    def work() -> None:
        tried.append(1)
        raise fault

    with pytest.raises((DatabaseUnavailable, ValueError)):
        transient.retried(work)

    assert len(tried) == tries
