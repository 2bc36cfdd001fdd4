"""The part of the simulator that the real cloud does not have: faults, clock, ledger, accounts.

Everything lies under ``/_simulator/`` and needs no login: the simulator holds nothing real.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .cloud import SmartMeCloud
from .meters import TICKS, time_text
from .requests import Answer, Request
from .world import build_account, made_up_account

PREFIX = "_simulator"


def control(cloud: SmartMeCloud, request: Request) -> Answer:
    """Answer one call of the control endpoint."""
    handler = HANDLERS.get((request.method, request.segments[1:2]))
    if handler is None:
        return Answer(404, {"error": "no such control"})
    try:
        return handler(cloud, request)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        return Answer(400, {"error": str(fault)})


def _list_faults(cloud: SmartMeCloud, request: Request) -> Answer:
    return Answer(200, {"faults": cloud.faults.listed()})


def _switch_on(cloud: SmartMeCloud, request: Request) -> Answer:
    return Answer(201, {"id": cloud.faults.switch_on(request.json()).id})


def _switch_off(cloud: SmartMeCloud, request: Request) -> Answer:
    number = int(request.segments[2]) if len(request.segments) > 2 else None
    cloud.faults.switch_off(number=number, account=request.query.get("account"))
    return Answer(204)


def _calls(cloud: SmartMeCloud, request: Request) -> Answer:
    return Answer(200, cloud.ledger.calls(request.query.get("account")))


def _reports(cloud: SmartMeCloud, request: Request) -> Answer:
    return Answer(200, {"reports": cloud.ledger.reports(request.query.get("account"))})


def _forget(cloud: SmartMeCloud, request: Request) -> Answer:
    cloud.ledger.forget()
    return Answer(204)


def _clock(cloud: SmartMeCloud, request: Request) -> Answer:
    now = time_text(int(cloud.clock.now() * TICKS))
    return Answer(200, {"now": now, "speed": cloud.clock.speed})


def _set_clock(cloud: SmartMeCloud, request: Request) -> Answer:
    given: dict[str, Any] = request.json()
    cloud.clock.change(speed=given.get("speed"), advance_s=given.get("advance_s", 0.0))
    return _clock(cloud, request)


def _world(cloud: SmartMeCloud, request: Request) -> Answer:
    accounts = [
        {
            "name": account.name,
            "api_keys": list(account.api_keys),
            "meters": [
                {"id": m.id, "serial": str(m.serial), "name": m.name, "kind": m.kind_name}
                for m in account.meters
            ],
        }
        for account in cloud.accounts.values()
    ]
    return Answer(200, {"accounts": accounts})


def _add_account(cloud: SmartMeCloud, request: Request) -> Answer:
    given: dict[str, Any] = request.json()
    if isinstance(given["meters"], int):
        account = made_up_account(given["name"], api_key=given["api_key"], meters=given["meters"])
    else:
        account = build_account(given)
    cloud.accounts[account.name] = account
    return Answer(201, {"name": account.name, "meters": len(account.meters)})


HANDLERS: Mapping[tuple[str, tuple[str, ...]], Callable[[SmartMeCloud, Request], Answer]] = {
    ("GET", ("faults",)): _list_faults,
    ("POST", ("faults",)): _switch_on,
    ("DELETE", ("faults",)): _switch_off,
    ("GET", ("requests",)): _calls,
    ("DELETE", ("requests",)): _forget,
    ("GET", ("ledger",)): _reports,
    ("DELETE", ("ledger",)): _forget,
    ("GET", ("clock",)): _clock,
    ("POST", ("clock",)): _set_clock,
    ("GET", ("world",)): _world,
    ("POST", ("accounts",)): _add_account,
}
