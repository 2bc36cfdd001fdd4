"""A list costs the same number of queries for one row as for many, on every route.

A new list route must name, in LISTS, how to make one more row of it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.conftest import Client
from tests.contract.lists import LISTS
from tests.contract.routes import Route, routes
from tests.contract.rows import World, no_row

LIST_ROUTES = [route for route in routes() if "list" in route.served.values()]


def test_every_list_route_has_a_row_here() -> None:
    assert sorted(route.path for route in LIST_ROUTES) == sorted(LISTS)


@pytest.mark.parametrize("route", [route for route in LIST_ROUTES if route.path in LISTS], ids=str)
def test_list_costs_a_constant_number_of_queries(
    route: Route, alice: User, world: World, as_: Client
) -> None:
    make, url = LISTS[route.path]
    client = as_(alice)
    make(world)
    few = _queries(lambda: client.get(url(world)), has_rows=make is not no_row)

    for _ in range(3):
        make(world)
    many = _queries(lambda: client.get(url(world)), has_rows=make is not no_row)

    assert many == few


def _queries(call: Callable[[], Any], *, has_rows: bool) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = call()
    assert response.status_code == 200, response.content
    assert bool(response.json()["results"]) == has_rows, "make a row that alice may see"
    return len(captured)
