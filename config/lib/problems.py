"""Errors as RFC 9457 problems: what every answer of 400 and above under ``/api/`` looks like."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from config.lib.errors import DatabaseUnavailable, DomainError, InvalidInput
from config.lib.renderers import JSONRenderer
from config.lib.requests import current_request_id
from config.lib.transient import is_transient

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
NON_FIELD = "non_field_errors"
logger = structlog.get_logger(__name__)


class InvalidParameters(exceptions.ValidationError):
    """The query string is not valid; its errors name parameters instead of JSON pointers."""


def problem(
    status: int,
    *,
    slug: str = "",
    title: str = "",
    detail: str = "",
    **members: Any,
) -> dict[str, Any]:
    """Return the body of a problem.

    Shape: ``type``, ``title``, ``status``, ``detail``, ``instance`` (the request's id), then the
    members of the kind. Without a slug the type is ``about:blank``.
    Source: RFC 9457 section 3.
    """
    return {
        "type": f"{settings.PUBLIC_URL}/problems/{slug}" if slug else "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": f"urn:uuid:{current_request_id()}",
        **members,
    }


def problem_response(
    status: int, *, headers: dict[str, str] | None = None, **members: Any
) -> HttpResponse:
    """Return a problem as a plain response, for code that runs outside of REST views."""
    body = orjson.dumps(problem(status, **members), default=str)
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)


def walk(detail: Any, path: str = "#") -> Iterator[tuple[str, str, str]]:
    """Yield (JSON pointer, code, message) for each error in DRF's nested detail."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from walk(inner, path if key == NON_FIELD else f"{path}/{escaped}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (dict, list))
            yield from walk(inner, f"{path}/{index}" if nested else path)
    else:
        yield path, getattr(detail, "code", "invalid"), str(detail)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; unknown errors go on to ``server_error``."""
    error = _as_known(error)
    if isinstance(error, DomainError):
        response = _from_domain(error)
    elif isinstance(error, exceptions.ValidationError):
        response = _from_validation(error)
    elif isinstance(error, exceptions.APIException):
        response = _from_api(error)
    else:
        return None
    response.content_type = MEDIA_TYPE
    _render_as_json(context["request"])
    return response


def _render_as_json(request: Request) -> None:
    """Let a problem be JSON if it was not agreed on how to answer."""
    if getattr(request, "accepted_renderer", None) is None:
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = MEDIA_TYPE


def _as_known(error: Exception) -> Exception:
    if isinstance(error, exceptions.NotAuthenticated):
        error.detail = exceptions.ErrorDetail("Send an access token: Authorization: Bearer …")
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return TooLarge(f"The body is larger than {limit} bytes. Send it in parts.")
    if isinstance(error, ValidationError):
        return exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError(str(error))
    return DatabaseUnavailable() if is_transient(error) else error


class TooLarge(exceptions.APIException):
    """The body is larger than the platform accepts."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too-large"


def _members(error: DomainError) -> dict[str, Any]:
    members = {key: value for key, value in error.data.items() if key != "count"}
    if isinstance(error, InvalidInput):
        members["errors"] = [finding._asdict() for finding in error.findings]
    return {"slug": error.slug, "title": error.title, "detail": str(error), **members}


def domain_problem(error: DomainError) -> HttpResponse:
    """Return a domain error as a plain response, for code that runs outside of REST views."""
    return problem_response(error.status, headers=error.headers, **_members(error))


def _from_domain(error: DomainError) -> Response:
    body = problem(error.status, **_members(error))
    return Response(body, status=error.status, headers=error.headers)


def _from_validation(error: exceptions.ValidationError) -> Response:
    place = "parameter" if isinstance(error, InvalidParameters) else "pointer"
    found = [
        {place: path[2:] if place == "parameter" else path, "code": code, "detail": message}
        for path, code, message in walk(error.detail)
    ]
    kind = InvalidInput
    detail = f"{len(found)} of the given values cannot be accepted."
    body = problem(kind.status, slug=kind.slug, title=kind.title, detail=detail, errors=found)
    return Response(body, status=kind.status)


def _from_api(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait_s := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait_s)))
    body = problem(error.status_code, detail=str(error.detail))
    return Response(body, status=error.status_code, headers=headers)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown URL: a problem under the API, a page elsewhere."""
    if request.path.startswith(PREFIX):
        detail = "There is nothing at this URL. Paths end with a slash; see /api/v1/docs/."
        return problem_response(HTTPStatus.NOT_FOUND, detail=detail)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    if request.path.startswith(PREFIX):
        return problem_response(HTTPStatus.BAD_REQUEST, detail="The request is malformed.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error of ours: the request id, and nothing of what went wrong."""
    if request.path.startswith(PREFIX):
        detail = "The error is on our side and is logged under the id in `instance`."
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, detail=detail)
    return defaults.server_error(request)
