"""What tests say about problems."""

from http import HTTPStatus
from typing import Any


def assert_problem(
    response: Any, status: HTTPStatus, slug: str = "", **members: Any
) -> dict[str, Any]:
    """Assert that the answer is an RFC 9457 problem of that status and type, and return its body.

    Without a slug the type is ``about:blank``. ``members`` are compared one by one; ``pointer=``
    and ``parameter=`` look for one entry of ``errors`` instead.
    """
    body = response.json()
    shown = (response.status_code, response["Content-Type"], body["type"].rpartition("/")[2])
    assert shown == (status, "application/problem+json", slug or "about:blank"), body
    assert {"title", "status", "detail", "instance"} <= set(body), body
    for place in {"pointer", "parameter"} & set(members):
        places = [error.get(place) for error in body["errors"]]
        assert members.pop(place) in places, body
    for name, value in members.items():
        assert body[name] == value, body
    return body
