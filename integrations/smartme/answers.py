"""What the smart-me cloud answered: read up to a limit, judged by its status, parsed.

Source: docs/integrations/smart-me.md, "Calls".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from .errors import (
    AccessRefused,
    AnswerOverdue,
    AnswerOversized,
    AnswerUnreadable,
    CloudFault,
    CloudUnavailable,
    CloudUnreachable,
    CredentialsRefused,
    NotFoundAtCloud,
    RequestsLimited,
)
from .needs import READ

MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_REFUSAL_BYTES = 16 * 1024
MAX_RETRY_AFTER_S = 3600.0
FAULT_OF_STATUS: dict[int, type[CloudFault]] = {
    401: CredentialsRefused,
    404: NotFoundAtCloud,
    408: AnswerOverdue,
    429: RequestsLimited,
}


@dataclass(frozen=True)
class Answered:
    """An answer with its whole body."""

    response: httpx.Response
    body: bytes


def read_capped(http: httpx.Client, method: str, *, path: str, **given: Any) -> Answered:
    """Make one call and read its body, up to a limit.

    Raises: CloudFault, for faults of the line; what a status means is left to the caller.
    """
    body = bytearray()
    try:
        with http.stream(method, path, **given) as response:
            limit = MAX_BODY_BYTES if response.is_success else MAX_REFUSAL_BYTES
            for part in response.iter_bytes():
                body += part
                if len(body) > limit:
                    break
    except httpx.TimeoutException as fault:
        raise AnswerOverdue() from fault
    except (httpx.RemoteProtocolError, httpx.DecodingError) as fault:
        raise AnswerUnreadable(detail="The answer was cut off.") from fault
    except httpx.HTTPError as fault:
        raise CloudUnreachable(detail=f"({type(fault).__name__})") from fault
    if response.is_success and len(body) > MAX_BODY_BYTES:
        raise AnswerOversized
    return Answered(response, bytes(body))


def fault_of(response: httpx.Response, *, need: str = READ) -> CloudFault:
    """Return the fault that an answer without success stands for."""
    status = response.status_code
    wait = retry_after_s(response.headers.get("Retry-After"))
    if status == HTTPStatus.FORBIDDEN:
        return AccessRefused(need=need, retry_after_s=wait)
    kind = FAULT_OF_STATUS.get(status)
    if kind is not None:
        return kind(retry_after_s=wait)
    if response.is_redirect:
        return CloudUnreachable(detail="It answers with a redirect, which Atrium never follows.")
    if response.is_server_error:
        return CloudUnavailable(detail=f"(HTTP {status})", retry_after_s=wait)
    return CloudFault(detail=f"(HTTP {status})", retry_after_s=wait)


def retry_after_s(header: str | None) -> float | None:
    """Return the wait a Retry-After header asks for, at most an hour, in seconds.

    Source: RFC 9110, section 10.2.3.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    wait = (aware - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), MAX_RETRY_AFTER_S)


def parsed(body: bytes) -> Any:
    """Return the JSON of a body. Raises: AnswerUnreadable."""
    try:
        return json.loads(body)
    # ValueError covers bad JSON, bad UTF-8 and integers beyond Python's digit limit.
    except (ValueError, RecursionError) as fault:
        raise AnswerUnreadable(detail=_described(body)) from fault


def _described(body: bytes) -> str:
    if not body.strip():
        return "The answer was empty."
    if body.lstrip()[:1] == b"<":
        return "It is a web page (HTML) instead of data."
    return "It is not valid JSON, probably cut off."


def values_in(answer: Any) -> list[Any]:
    """Return the values of a ValuesData, whatever the case of its members."""
    for name, value in answer.items() if isinstance(answer, dict) else ():
        if str(name).lower() == "values" and isinstance(value, list):
            return value
    raise AnswerUnreadable(detail="Values were expected.")
