"""Who asked the simulated cloud to post what meters say, and where to."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .requests import Answer

if TYPE_CHECKING:
    from .cloud import Call

DISABLED, SINGLE_METER, WHOLE_ACCOUNT = 0, 1, 2


@dataclass(frozen=True)
class Registration:
    """An address to post to, for a meter or for the whole account."""

    id: str
    account: str
    kind: int
    meter: str | None
    url: str
    username: str
    password: str

    def wants(self, account: str, meter: str) -> bool:
        """Return whether what that meter says goes to this address."""
        if self.account != account or self.kind == DISABLED:
            return False
        return self.kind == WHOLE_ACCOUNT or self.meter == meter

    def as_json(self) -> dict[str, Any]:
        """Return it as the API lists it; whether the password comes out is not known."""
        members = {
            "Id": self.id,
            "RegistrationType": self.kind,
            "MeterId": self.meter,
            "ApiUrl": self.url,
            "BasicAuthUsername": self.username,
        }
        return {name: value for name, value in members.items() if value is not None}


class Registrations:
    """All registrations; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[str, Registration] = {}

    def add(self, registration: Registration) -> None:
        """Add one."""
        with self._lock:
            self._all[registration.id] = registration

    def remove(self, account: str, key: str) -> bool:
        """Remove one of the account; return whether it was there."""
        with self._lock:
            found = self._all.get(key)
            if found is None or found.account != account:
                return False
            del self._all[key]
            return True

    def listed(self, account: str | None = None) -> list[Registration]:
        """Return those of an account, or all."""
        with self._lock:
            return [entry for entry in self._all.values() if account in (None, entry.account)]


def list_registrations(call: Call) -> Answer:
    """Answer the account's registrations."""
    found = call.cloud.registrations.listed(call.caller.account.name)
    return Answer(200, [entry.as_json() for entry in found])


def register(call: Call) -> Answer:
    """Add a registration; the answer has no body, so nobody is told its id."""
    content = call.request.json()
    if not isinstance(content, Mapping):
        return Answer(400, {"Message": "A registration was expected"})
    given = {str(key).lower(): value for key, value in content.items()}
    meter = _meter_of(call, given)
    kind = given.get("registrationtype")
    if not given.get("apiurl") or kind not in (DISABLED, SINGLE_METER, WHOLE_ACCOUNT):
        return Answer(400, {"Message": "The registration is not complete"})
    if kind == SINGLE_METER and meter is None:
        return Answer(404, {"Message": "There is no such meter"})
    call.cloud.registrations.add(
        Registration(
            id=str(uuid.uuid4()),
            account=call.caller.account.name,
            kind=kind,
            meter=meter if kind == SINGLE_METER else None,
            url=str(given["apiurl"]),
            username=str(given.get("basicauthusername") or ""),
            password=str(given.get("basicauthpassword") or ""),
        )
    )
    return Answer(204)


def _meter_of(call: Call, given: Mapping[str, Any]) -> str | None:
    wanted = str(given.get("meterid") or "").lower()
    serial = str(given.get("serialnumber") or "").rpartition(" ")[2].lstrip("0")
    for meter in call.caller.account.meters:
        if meter.id == wanted or (serial and not wanted and str(meter.serial) == serial):
            return meter.id
    return None


def unregister(call: Call) -> Answer:
    """Remove a registration."""
    account = call.caller.account.name
    if not call.cloud.registrations.remove(account, call.request.segments[1]):
        return Answer(404, {"Message": "There is no such registration"})
    return Answer(204)
