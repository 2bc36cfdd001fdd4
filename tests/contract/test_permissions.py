"""Every route and method, asked by those who may not: the matrix grows with the URLconf."""

from http import HTTPStatus

import pytest
from rest_framework.test import APIClient

from accounts.models import Application
from accounts.scopes import SCOPES
from tests.conftest import Client
from tests.contract.routes import METHODS, Route, calls, routes
from tests.problems import assert_problem

CLOSED = calls(is_open=False)


@pytest.mark.parametrize(("route", "method", "scope"), CLOSED, ids=str)
@pytest.mark.django_db
def test_anonymous_is_refused(route: Route, method: str, scope: str, anonymous: APIClient) -> None:
    response = getattr(anonymous, method)(route.url)

    assert_problem(response, HTTPStatus.UNAUTHORIZED)
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("route", "method", "scope"), CLOSED, ids=str)
def test_token_without_the_scope_is_refused_by_its_name(
    route: Route, method: str, scope: str, meter_app: Application, as_: Client
) -> None:
    others = [name for name in SCOPES if name != scope]

    response = getattr(as_(meter_app, *others), method)(route.url)

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope=scope)


@pytest.mark.parametrize("route", routes(), ids=str)
@pytest.mark.django_db
def test_method_that_is_not_served_is_refused_before_the_token(
    route: Route, anonymous: APIClient
) -> None:
    for method in set(METHODS) - set(route.served):
        response = getattr(anonymous, method)(route.url)

        assert_problem(response, HTTPStatus.METHOD_NOT_ALLOWED)
        assert response["Allow"]


@pytest.mark.parametrize(
    ("route", "method", "scope"), [call for call in CLOSED if "<" in call[0].path], ids=str
)
def test_object_that_nobody_has_is_not_found_before_the_body_is_read(
    route: Route, method: str, scope: str, meter_app: Application, as_: Client
) -> None:
    response = getattr(as_(meter_app), method)(route.url)

    assert_problem(response, HTTPStatus.NOT_FOUND)


def test_every_scope_of_a_route_is_in_the_catalogue() -> None:
    assert {scope for _, _, scope in CLOSED} <= set(SCOPES)


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Token x", "Bearer"]
)
@pytest.mark.django_db
def test_token_that_is_none_is_refused(header: str, anonymous: APIClient) -> None:
    response = anonymous.get("/api/v1/me/", headers={"Authorization": header})

    assert_problem(response, HTTPStatus.UNAUTHORIZED)
    assert response["WWW-Authenticate"].startswith("Bearer")
