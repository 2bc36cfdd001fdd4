"""HTTP client of the smart-me API: one method per remote call, nothing of our own models.

Source: docs/integrations/smart-me.md, "Calls".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from .credentials import Credentials
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
from .transport import Deadline, DeadlineTransport

MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_RETRY_AFTER_S = 3600.0
FAULT_OF_STATUS: dict[int, type[CloudFault]] = {
    401: CredentialsRefused,
    403: AccessRefused,
    404: NotFoundAtCloud,
    408: AnswerOverdue,
    429: RequestsLimited,
}


@dataclass(frozen=True)
class DeviceList:
    """The answer to "all devices": the entries as they came, and the cloud's own clock."""

    entries: list[Any]
    received_at: datetime


class SmartMeClient:
    """Talks to one account; use it as a context manager, one call at a time.

    Args: ``total_s`` bounds a whole call from the first byte sent to the last one read.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Credentials,
        connect_s: float = 5.0,
        read_s: float = 20.0,
        total_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._credentials = credentials
        self._total_s = total_s
        self._deadline = Deadline()
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            transport=transport or DeadlineTransport(self._deadline),
            timeout=httpx.Timeout(read_s, connect=connect_s),
            # Credentials must never follow a redirect to another host.
            follow_redirects=False,
            trust_env=False,
            # No compression: the cap on the size then bounds memory too.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection to the cloud."""
        self._http.close()

    def devices(self) -> DeviceList:
        """Fetch all meters and gateways of the account in one call.

        Raises: CloudFault, in the kind that fits.
        """
        answer = self._get("/Devices")
        if not isinstance(answer, list):
            raise AnswerUnreadable(detail="A list of devices was expected.")
        return DeviceList(entries=answer, received_at=datetime.now(UTC))

    def device(self, meter_id: str) -> dict[str, Any]:
        """Fetch what one meter shows now.

        Raises: CloudFault, in the kind that fits.
        """
        answer = self._get(f"/Devices/{meter_id}")
        if not isinstance(answer, dict):
            raise AnswerUnreadable(detail="A device was expected.")
        return answer

    def actions(self, meter_id: str) -> set[str]:
        """Fetch the codes of what one meter can be asked for.

        Raises: CloudFault, in the kind that fits.
        """
        answer = self._get(f"/actions/{meter_id}")
        if not isinstance(answer, list):
            raise AnswerUnreadable(detail="A list of actions was expected.")
        return {str(entry.get("ObisCode")) for entry in answer if isinstance(entry, dict)}

    def act(self, meter_id: str, *, values: Mapping[str, float]) -> None:
        """Ask one meter to set the outputs of these codes.

        Raises: CloudFault, in the kind that fits; the meter may have acted nevertheless.
        """
        wanted = [{"ObisCode": code, "Value": value} for code, value in values.items()]
        self._call("POST", "/actions", {"DeviceID": meter_id, "Actions": wanted})

    def _get(self, path: str) -> Any:
        return _parsed(self._call("GET", path))

    def _call(self, method: str, path: str, content: Any = None) -> bytes:
        self._deadline.restart(self._total_s)
        headers = self._headers()
        try:
            with self._http.stream(method, path, headers=headers, json=content) as response:
                return self._read(response)
        except httpx.TimeoutException as fault:
            raise AnswerOverdue(detail=f"({self._total_s:g} s at most.)") from fault
        except (httpx.RemoteProtocolError, httpx.DecodingError) as fault:
            raise AnswerUnreadable(detail="The answer was cut off.") from fault
        except httpx.HTTPError as fault:
            raise CloudUnreachable(detail=f"({type(fault).__name__})") from fault

    def _headers(self) -> dict[str, str]:
        value = self._credentials.authorization()
        if not (value.isascii() and value.isprintable()):
            raise CredentialsRefused(detail="They hold characters that no smart-me key has.")
        return {"Authorization": value}

    def _read(self, response: httpx.Response) -> bytes:
        if not response.is_success:
            raise fault_of(response)
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise AnswerOversized
        return bytes(body)


def fault_of(response: httpx.Response) -> CloudFault:
    """Return the fault that an answer without success stands for."""
    status = response.status_code
    wait = retry_after_s(response.headers.get("Retry-After"))
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


def _parsed(body: bytes) -> Any:
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
