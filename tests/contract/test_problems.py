"""Every error under the API is a problem, whatever raised it."""

from http import HTTPStatus
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import override_settings
from django.urls import path
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User
from config import urls
from config.lib.viewsets import ApiViewSet
from tests.conftest import Client
from tests.devices.factories import make_type
from tests.problems import assert_problem

URL = "/api/v1/applications/"


class Broken(ApiViewSet):
    """A view with a bug."""

    required_scopes = {"list": None}

    def list(self, request: Any) -> Response:
        raise RuntimeError("the secret is 42")


urlpatterns = [*urls.urlpatterns, path("api/v1/broken/", Broken.as_view({"get": "list"}))]
handler404 = urls.handler404
handler500 = urls.handler500


def send(client: APIClient, body: bytes, kind: str = "application/json") -> Any:
    """POST these very bytes."""
    return client.post(URL, body, content_type=kind)


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/", "/api/v2/sites/", "/api/v1/me"])
@pytest.mark.django_db
def test_unknown_address_is_a_problem(address: str, anonymous: APIClient) -> None:
    assert_problem(anonymous.get(address), HTTPStatus.NOT_FOUND)


def test_malformed_id_is_not_found(alice: User, as_: Client) -> None:
    assert_problem(as_(alice).get(f"{URL}not-an-id/"), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": -Infinity}',
        b'{"name": "\xff"}',
        b"",
        b'{"name": 1e999}',
        b"[" * 100_000,
    ],
    ids=["cut", "nan", "inf", "-inf", "not utf-8", "empty", "overflow", "deep"],
)
def test_body_that_is_no_json_is_a_problem(alice: User, as_: Client, body: bytes) -> None:
    response = send(as_(alice), body)

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"null"])
def test_json_that_is_no_object_is_a_problem(alice: User, as_: Client, body: bytes) -> None:
    response = send(as_(alice), body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_other_content_type_is_a_problem(alice: User, as_: Client, kind: str) -> None:
    response = send(as_(alice), b"name=x", kind)

    assert_problem(response, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def test_body_beyond_the_limit_is_a_problem(
    alice: User, as_: Client, settings: LazySettings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = as_(alice).post(URL, {"name": "x" * 2000})

    assert_problem(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@override_settings(ROOT_URLCONF="tests.contract.test_problems")
@pytest.mark.django_db
def test_bug_of_ours_tells_the_request_id_alone(anonymous: APIClient) -> None:
    response = anonymous.get("/api/v1/broken/", headers={"X-Request-ID": "my-id"})

    body = assert_problem(response, HTTPStatus.INTERNAL_SERVER_ERROR, instance="urn:uuid:my-id")
    assert "42" not in body["detail"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=mine", "no_such=1", "format=xml"])
def test_bad_parameter_is_named(alice: User, as_: Client, query: str) -> None:
    response = as_(alice).get(f"{URL}?{query}")

    name = query.partition("=")[0]
    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter=name)


def test_unknown_format_is_named_with_those_there_are(alice: User, as_: Client) -> None:
    kind = f"/api/v1/device-types/{make_type().pk}/"

    for address, known in ((kind, "json, td, yaml"), ("/api/v1/schema/", "Known: ")):
        response = as_(alice).get(f"{address}?format=xml")

        body = assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter="format")
        assert known in body["errors"][0]["detail"]


def test_who_asks_is_checked_before_the_format(anonymous: APIClient) -> None:
    assert_problem(anonymous.get(f"{URL}?format=xml"), HTTPStatus.UNAUTHORIZED)


@pytest.mark.parametrize("name", ["fields", "expand"])
def test_unknown_field_in_the_query_is_named(alice: User, as_: Client, name: str) -> None:
    response = as_(alice).get(f"{URL}?{name}=no_such")

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", parameter=name)


def test_too_many_requests_are_a_problem(alice: User, as_: Client, settings: LazySettings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "principal": 1}
    client = as_(alice)
    first = client.get(URL)

    response = client.get(URL)

    assert_problem(response, HTTPStatus.TOO_MANY_REQUESTS)
    assert 1 <= int(response["Retry-After"]) <= 60
    assert first["RateLimit-Policy"] == '"principal";q=1;w=60'
    assert first["RateLimit"].startswith('"principal";r=0;t=')


def test_request_id_goes_in_and_out(alice: User, as_: Client) -> None:
    response = as_(alice).get(f"{URL}?no_such=1", headers={"X-Request-ID": "abc-123"})

    assert response["X-Request-ID"] == "abc-123"
    assert response.json()["instance"] == "urn:uuid:abc-123"
