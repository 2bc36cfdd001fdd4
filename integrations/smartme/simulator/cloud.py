"""The API of the simulated cloud: routes, rights and answers, free of any HTTP server."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .auth import Caller, Doorkeeper
from .clock import SimulatedClock
from .faults import Fault, FaultBook
from .history import in_unit, values_between, values_data
from .ledger import Ledger
from .limits import Limiter
from .meters import TICKS, SimulatedMeter, time_text
from .obis import counter_values, current_values
from .realtime import Sender
from .registrations import Registrations, list_registrations, register, unregister
from .requests import Answer, Request
from .shaping import shaped
from .world import Account


@dataclass(frozen=True)
class Call:
    """One call as its handler sees it."""

    cloud: SmartMeCloud
    caller: Caller
    request: Request

    def devices(self) -> list[dict[str, Any]]:
        """Return what the account's meters say now."""
        return self.cloud.devices(self.caller, self.request)

    def obis_faults(self) -> list[Fault]:
        """Return the faults in what is said by OBIS code."""
        return self.cloud.faults.by_obis(self.caller.account.name, self.request.path)

    def meter(self) -> SimulatedMeter | None:
        """Return the account's meter that the path names."""
        return self.cloud.meter(self.caller, self.request.segments[1])


Handler = Callable[[Call], Answer]
NOT_FOUND = Answer(404, {"Message": "Not found"})


class SmartMeCloud:
    """Accounts, their meters, and everything that can be asked about them."""

    def __init__(self, accounts: list[Account], *, clock: SimulatedClock | None = None) -> None:
        self.accounts = {account.name: account for account in accounts}
        self.clock = clock or SimulatedClock()
        self.doorkeeper = Doorkeeper(self.accounts)
        self.faults = FaultBook()
        self.ledger = Ledger()
        self.limiter = Limiter()
        self.registrations = Registrations()
        self.sender = Sender(self)

    def answer(self, caller: Caller | None, request: Request) -> Answer:
        """Answer one call of the public API."""
        if request.segments[:1] == ("oauth",):
            answer = self.doorkeeper.oauth.answer(request)
            if answer is not None:
                return answer
        if caller is None:
            return Answer(401, headers={"WWW-Authenticate": "Basic"})
        wait_s = self.limiter.wait_s(caller.account)
        if wait_s is not None:
            return Answer(429, headers={"Retry-After": str(wait_s)})
        route = ROUTES.get((request.method, request.segments[:1], len(request.segments)))
        if route is None:
            return NOT_FOUND
        claim, handler = route
        if not caller.may(claim):
            return Answer(403, {"Message": f"The claim {claim} is missing"})
        return handler(Call(self, caller, request))

    def devices(self, caller: Caller, request: Request) -> list[dict[str, Any]]:
        """Return what the account's meters say now, with the faults that are on."""
        account = caller.account
        now = self.clock.now()
        devices = [meter.device(meter.last_report(now)) for meter in account.meters]
        for fault in self.faults.shaping(account.name, request.path):
            devices = shaped(devices, kind=fault.kind, meter=fault.meter, given=fault.given)
        return devices

    def meter(self, caller: Caller, meter_id: str) -> SimulatedMeter | None:
        """Return the account's meter with that id."""
        return next((m for m in caller.account.meters if m.id == meter_id), None)


def _all_devices(call: Call) -> Answer:
    return Answer(200, call.devices())


def _filtered(member: str, parameter: str) -> Handler:
    def handler(call: Call) -> Answer:
        wanted = call.request.query.get(parameter, "")
        found = [d for d in call.devices() if str(d.get(member, 0)) == wanted]
        return Answer(200, found)

    return handler


def _one_device(call: Call) -> Answer:
    if not _is_guid(call.request.segments[1]):
        return Answer(400, {"Message": "The id is not a GUID"})
    return _first(call.devices(), member="Id", wanted=call.request.segments[1])


def _by_serial(call: Call) -> Answer:
    serial = call.request.query.get("serial", "").partition("-")[0].lstrip("0")
    return _first(call.devices(), member="Serial", wanted=serial)


def _first(devices: list[dict[str, Any]], *, member: str, wanted: str) -> Answer:
    found = next((d for d in devices if str(d.get(member)).lower() == wanted), None)
    return NOT_FOUND if found is None else Answer(200, found)


def _values(call: Call) -> Answer:
    meter = call.meter()
    if meter is None:
        return NOT_FOUND
    ticks = meter.last_report(call.cloud.clock.now())
    counted = in_unit(counter_values(meter, ticks), call.obis_faults())
    return Answer(
        200, values_data(meter, ticks, values={**current_values(meter, ticks), **counted})
    )


def _values_in_past(call: Call) -> Answer:
    found = _past_report(call)
    if isinstance(found, Answer):
        return found
    meter, ticks = found
    counted = in_unit(counter_values(meter, ticks), call.obis_faults())
    return Answer(200, values_data(meter, ticks, values=counted))


def _values_between(call: Call) -> Answer:
    meter = call.meter()
    if meter is None:
        return NOT_FOUND
    return values_between(
        meter,
        call.request,
        licence=call.caller.account.licence,
        now=call.cloud.clock.now(),
        faults=call.obis_faults(),
    )


def _meter_values(call: Call) -> Answer:
    found = _past_report(call)
    if isinstance(found, Answer):
        return found
    meter, ticks = found
    device = meter.device(ticks)
    counters = {key: value for key, value in device.items() if key.startswith("CounterReading")}
    named = {"Id": meter.id, "Serial": meter.serial, "Date": time_text(ticks)}
    return Answer(200, {**named, **counters})


def _past_report(call: Call) -> tuple[SimulatedMeter, int] | Answer:
    """Return the meter and its last report before the asked date, or the refusal."""
    meter = call.meter()
    if meter is None:
        return NOT_FOUND
    try:
        date = datetime.fromisoformat(call.request.query.get("date", "").upper())
    except ValueError:
        return Answer(400, {"Message": "The date cannot be read"})
    ticks = meter.last_report(min(date.timestamp(), call.cloud.clock.now()))
    return (meter, ticks) if ticks >= meter.curve.start * TICKS else NOT_FOUND


def _user(call: Call) -> Answer:
    name = call.caller.account.name
    number = 636_999_123_456_789_012
    user = {"Id": number, "IdAsString": str(number), "Username": name}
    rights = {"Email": f"{name}@example.ch", "IsAdmin": True, "Permissions": [], "ChildUsers": []}
    return Answer(200, {**user, **rights})


def _actions(call: Call) -> Answer:
    meter = call.meter()
    if meter is None:
        return NOT_FOUND
    outputs = [
        {"Name": name, "ObisCode": code, "ActionType": 0} for name, code in meter.kind.outputs
    ]
    return Answer(200, outputs)


def _act(call: Call) -> Answer:
    content = call.request.json()
    wanted = {str(key).lower(): value for key, value in content.items()} if content else {}
    meter = call.cloud.meter(call.caller, str(wanted.get("deviceid", "")).lower())
    if meter is None:
        return NOT_FOUND
    listed = {code for _, code in meter.kind.outputs}
    for action in wanted.get("actions") or []:
        given = {str(key).lower(): entry for key, entry in action.items()}
        if given.get("obiscode") not in listed:
            return Answer(400, {"Message": "This device has no such action"})
        meter.switched_on = bool(given.get("value"))
        meter.switchings.append(meter.switched_on)
    return Answer(200)


def _refresh_tokens(call: Call) -> Answer:
    """List the refresh tokens of the account, or take one back; access tokens stay good."""
    oauth, segments = call.cloud.doorkeeper.oauth, call.request.segments
    held = oauth.refresh_tokens(call.caller.account.name)
    if segments[1] != "refreshtokens":
        return NOT_FOUND
    if call.request.method == "GET":
        return Answer(200, [{"Id": key, "ApplicationId": t.client_id} for key, t in held.items()])
    if segments[2] not in held:
        return NOT_FOUND
    oauth.revoke(held[segments[2]])
    return Answer(204)


def _switch(call: Call) -> Answer:
    meter = call.meter()
    if meter is None:
        return NOT_FOUND
    if not meter.kind.switch:
        return Answer(405, {"Message": "This device cannot be switched"})
    meter.switched_on = call.request.query.get("switchstate", "").lower() == "true"
    return Answer(200)


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


ROUTES: Mapping[tuple[str, tuple[str, ...], int], tuple[str, Handler]] = {
    ("GET", ("devices",), 1): ("device.read", _all_devices),
    ("GET", ("devices",), 2): ("device.read", _one_device),
    ("PUT", ("devices",), 2): ("device.readswitch", _switch),
    ("GET", ("devicebyserial",), 1): ("device.read", _by_serial),
    ("GET", ("devicesbyenergy",), 1): (
        "device.read",
        _filtered("DeviceEnergyType", "meterenergytype"),
    ),
    ("GET", ("devicesbysubtype",), 1): ("device.read", _filtered("MeterSubType", "metersubtype")),
    ("GET", ("values",), 2): ("device.read", _values),
    ("GET", ("valuesinpast",), 2): ("device.read", _values_in_past),
    ("GET", ("valuesinpastmultiple",), 2): ("device.read", _values_between),
    ("GET", ("metervalues",), 2): ("device.read", _meter_values),
    ("GET", ("oauth",), 2): ("device.read", _refresh_tokens),
    ("DELETE", ("oauth",), 3): ("device.read", _refresh_tokens),
    ("GET", ("user",), 1): ("user.read", _user),
    ("GET", ("actions",), 2): ("device.read", _actions),
    ("POST", ("actions",), 1): ("device.readswitch", _act),
    ("GET", ("registerforrealtimeapi",), 1): ("realtimeapi.read", list_registrations),
    ("POST", ("registerforrealtimeapi",), 1): ("realtimeapi.readwrite", register),
    ("DELETE", ("registerforrealtimeapi",), 2): ("realtimeapi.readwrite", unregister),
}
