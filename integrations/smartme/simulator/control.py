"""The part of the simulator that the real cloud does not have: faults, clock, ledger, accounts.

Everything lies under ``/_simulator/`` and needs no login: the simulator holds nothing real.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from .cloud import SmartMeCloud
from .meters import TICKS, time_text
from .requests import Answer, Request
from .world import apps_of, build_account, made_up_account

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


def _posts(cloud: SmartMeCloud, request: Request) -> Answer:
    return Answer(200, {"posts": cloud.ledger.posts(request.query.get("account"))})


def _realtime(cloud: SmartMeCloud, request: Request) -> Answer:
    sender = cloud.sender
    style = {"retries": sender.retries, "waiting": sender.waiting, **asdict(sender.style)}
    listed = [entry.as_json() for entry in cloud.registrations.listed()]
    return Answer(200, {**style, "registrations": listed})


def _set_realtime(cloud: SmartMeCloud, request: Request) -> Answer:
    given: dict[str, Any] = request.json()
    if "retries" in given:
        cloud.sender.retries = given.pop("retries")
    cloud.sender.style = replace(cloud.sender.style, **given)
    return _realtime(cloud, request)


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
            "licence": account.licence,
            "apps": [{"client_id": a.client_id, "kind": a.kind} for a in account.apps.values()],
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
        account.calls_per_minute = given.get("calls_per_minute")
    else:
        account = build_account(given)
    cloud.accounts[account.name] = account
    return Answer(201, {"name": account.name, "meters": len(account.meters)})


def _change_account(cloud: SmartMeCloud, request: Request) -> Answer:
    """Change licence, grantable claims or the limit of an account, or add an app to it."""
    given: dict[str, Any] = request.json()
    account = cloud.accounts[given["name"]]
    account.licence = given.get("licence", account.licence)
    account.grantable = frozenset(given.get("grantable", account.grantable))
    account.calls_per_minute = given.get("calls_per_minute", account.calls_per_minute)
    account.apps |= apps_of({"name": account.name, "apps": given.get("apps", [])})
    return Answer(200, {"name": account.name, "licence": account.licence})


def _habits(cloud: SmartMeCloud, request: Request) -> Answer:
    """Change how long tokens live, whether they rotate, and how; ``end_access`` ends them now."""
    given: dict[str, Any] = request.json()
    oauth = cloud.doorkeeper.oauth
    if given.pop("end_access", False):
        oauth.end_access_tokens()
    oauth.habits = replace(oauth.habits, **given)
    return Answer(200, asdict(oauth.habits))


HANDLERS: Mapping[tuple[str, tuple[str, ...]], Callable[[SmartMeCloud, Request], Answer]] = {
    ("GET", ("faults",)): _list_faults,
    ("POST", ("faults",)): _switch_on,
    ("DELETE", ("faults",)): _switch_off,
    ("GET", ("requests",)): _calls,
    ("DELETE", ("requests",)): _forget,
    ("GET", ("ledger",)): _reports,
    ("DELETE", ("ledger",)): _forget,
    ("GET", ("posts",)): _posts,
    ("GET", ("realtime",)): _realtime,
    ("POST", ("realtime",)): _set_realtime,
    ("GET", ("clock",)): _clock,
    ("POST", ("clock",)): _set_clock,
    ("GET", ("world",)): _world,
    ("POST", ("accounts",)): _add_account,
    ("PUT", ("accounts",)): _change_account,
    ("PUT", ("oauth",)): _habits,
}
