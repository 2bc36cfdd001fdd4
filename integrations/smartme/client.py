"""HTTP client of the smart-me API: one method per remote call, nothing of our own models.

Source: docs/integrations/smart-me.md, "Calls".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self

import httpx

from .answers import fault_of, parsed, read_capped, values_in
from .credentials import Credentials
from .errors import AnswerUnreadable, CloudFault, CredentialsRefused, NotFoundAtCloud
from .needs import PROFESSIONAL, READ, REALTIME, SWITCH
from .transport import Deadline, quiet_client

REGISTRATIONS = "/RegisterForRealtimeApi"
REFRESH_TOKENS = "/oauth/refreshtokens"


Renew = Callable[[Credentials], "Credentials | None"]


class Gate(Protocol):
    """Decides whether a call may be made now, and hears how it ended."""

    def enter(self) -> None:
        """Let the call pass, or raise a CloudFault."""

    def leave(self, fault: CloudFault | None, *, need: str) -> None:
        """Note how a call that needs this claim ended."""


@dataclass(frozen=True)
class DeviceList:
    """The answer to "all devices": the entries as they came, and the cloud's own clock."""

    entries: list[Any]
    received_at: datetime


class SmartMeClient:
    """Talks to one account; use it as a context manager, one call at a time.

    Args: ``total_s`` bounds a whole call from the first byte sent to the last one read. ``renew``
    is asked for other credentials after a 401, once. ``gate`` is asked before each call.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Credentials,
        connect_s: float = 5.0,
        read_s: float = 20.0,
        total_s: float = 30.0,
        renew: Renew | None = None,
        gate: Gate | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._credentials = credentials
        self._renew = renew
        self._gate = gate
        self._total_s = total_s
        self._deadline = Deadline()
        self._http = quiet_client(
            base_url,
            deadline=self._deadline,
            transport=transport,
            connect_s=connect_s,
            read_s=read_s,
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

    def values(self, meter_id: str) -> list[Any]:
        """Fetch the last values of one meter by OBIS code, as they came.

        Raises: CloudFault, in the kind that fits.
        """
        answer = self._get(f"/Values/{meter_id}")
        return values_in(answer)

    def values_before(self, meter_id: str, moment: datetime) -> Any:
        """Fetch what one meter counted last before a time; None when there is nothing.

        Raises: CloudFault, in the kind that fits.
        """
        try:
            body = self._call("GET", f"/ValuesInPast/{meter_id}?date={asked_time(moment)}")
        except NotFoundAtCloud:
            return None
        return parsed(body) if body.strip() else None

    def values_between(
        self, meter_id: str, start: datetime, end: datetime, *, interval: timedelta
    ) -> list[Any]:
        """Fetch what one meter counted from start to before end, at most 1,000 times.

        Raises: CloudFault, in the kind that fits.
        """
        span = f"startDate={asked_time(start)}&endDate={asked_time(end)}"
        minutes = interval // timedelta(minutes=1)
        path = f"/ValuesInPastMultiple/{meter_id}?{span}&interval={minutes}"
        answer = parsed(self._call("GET", path, need=PROFESSIONAL))
        if answer is None:
            return []
        if not isinstance(answer, list):
            raise AnswerUnreadable(detail="A list of values was expected.")
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
        self._call("POST", "/actions", {"DeviceID": meter_id, "Actions": wanted}, need=SWITCH)

    def registrations(self) -> list[dict[str, Any]]:
        """Fetch the account's realtime registrations; their passwords may be among what comes.

        Raises: CloudFault, in the kind that fits.
        """
        answer = parsed(self._call("GET", REGISTRATIONS, need=REALTIME))
        if not isinstance(answer, list):
            raise AnswerUnreadable(detail="A list of registrations was expected.")
        return [entry for entry in answer if isinstance(entry, dict)]

    def register(self, registration: Mapping[str, Any]) -> None:
        """Ask for realtime posts; the answer does not say under which id.

        Raises: CloudFault, in the kind that fits.
        """
        self._call("POST", REGISTRATIONS, dict(registration), need=REALTIME)

    def unregister(self, key: str) -> None:
        """Take a registration back; one that is gone already is fine.

        Raises: CloudFault, in the kind that fits.
        """
        with suppress(NotFoundAtCloud):
            self._call("DELETE", f"{REGISTRATIONS}/{key}", need=REALTIME)

    def refresh_tokens(self) -> list[dict[str, Any]]:
        """Fetch which applications may stay connected to the account.

        Raises: CloudFault, in the kind that fits.
        """
        answer = self._get(REFRESH_TOKENS)
        if not isinstance(answer, list):
            raise AnswerUnreadable(detail="A list of refresh tokens was expected.")
        return [entry for entry in answer if isinstance(entry, dict)]

    def revoke(self, key: str) -> None:
        """Take a refresh token back; one that is gone already is fine.

        Raises: CloudFault, in the kind that fits.
        """
        with suppress(NotFoundAtCloud):
            self._call("DELETE", f"{REFRESH_TOKENS}/{key}")

    def _get(self, path: str) -> Any:
        return parsed(self._call("GET", path))

    def _call(self, method: str, path: str, content: Any = None, *, need: str = READ) -> bytes:
        try:
            return self._passed(method, path, content, need=need)
        except CredentialsRefused:
            other = self._renew(self._credentials) if self._renew else None
            if other is None:
                raise
            self._credentials = other
            return self._passed(method, path, content, need=need)

    def _passed(self, method: str, path: str, content: Any, *, need: str) -> bytes:
        """Make one call, if the gate lets it pass, and tell the gate how it ended."""
        if self._gate is None:
            return self._ask(method, path, content, need=need)
        self._gate.enter()
        try:
            body = self._ask(method, path, content, need=need)
        except CloudFault as fault:
            self._gate.leave(fault, need=need)
            raise
        self._gate.leave(None, need=need)
        return body

    def _ask(self, method: str, path: str, content: Any, *, need: str) -> bytes:
        self._deadline.restart(self._total_s)
        answer = read_capped(self._http, method, path=path, headers=self._headers(), json=content)
        if not answer.response.is_success:
            raise fault_of(answer.response, need=need)
        return answer.body

    def _headers(self) -> dict[str, str]:
        value = self._credentials.authorization()
        if not (value.isascii() and value.isprintable()):
            raise CredentialsRefused(detail="They hold characters that no smart-me key has.")
        return {"Authorization": value}


def asked_time(moment: datetime) -> str:
    """Return a time as the cloud is asked for it: UTC, with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
