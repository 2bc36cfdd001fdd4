"""Worlds: accounts with their ways in and their meters, read from YAML or made up."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from .curves import Curve
from .meters import SimulatedMeter

WORLDS = Path(__file__).parent / "worlds"
NAMESPACE = uuid.UUID("8a0e7c53-6d2f-4b7a-9d57-0a6a1f3f7b10")
DEFAULT_START = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Key:
    """An API key: its claims, and when it ends (None: never)."""

    claims: frozenset[str]
    expires_at: float | None = None


@dataclass(frozen=True)
class App:
    """An OAuth application that an account made: confidential, public or device."""

    client_id: str
    account: str
    kind: str = "device"
    secret: str = ""
    redirect_uris: frozenset[str] = frozenset()


EVERY_CLAIM = frozenset(
    {
        *("user.read", "user.readwrite", "device.read", "device.readswitch", "device.readwrite"),
        *("auditlog.read", "realtimeapi.read", "realtimeapi.readwrite", "offline_access"),
    }
)


@dataclass
class Account:
    """One customer of the cloud.

    ``grantable`` are the claims its people give to applications, at most; ``calls_per_minute``
    bounds its calls, by default they are not bounded.
    """

    name: str
    meters: list[SimulatedMeter]
    api_keys: dict[str, Key] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    licence: str = "professional"
    grantable: frozenset[str] = EVERY_CLAIM
    calls_per_minute: float | None = None


def load_world(name: str) -> list[Account]:
    """Return the accounts of a shipped world by name, or of a YAML file by path."""
    shipped = WORLDS / f"{name}.yaml"
    text = (shipped if shipped.exists() else Path(name)).read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    return [build_account(entry) for entry in document["accounts"]]


def build_account(entry: Mapping[str, Any]) -> Account:
    """Return the account an entry describes."""
    start = entry.get("start", DEFAULT_START).timestamp()
    keys = {key["key"]: _key(key) for key in entry.get("api_keys", [])}
    return Account(
        name=entry["name"],
        meters=[
            build_meter(meter, account=entry["name"], start=start) for meter in entry["meters"]
        ],
        api_keys=keys,
        passwords=dict(entry.get("passwords", {})),
        cards=dict(entry.get("cards", {})),
        apps=apps_of(entry),
        licence=entry.get("licence", "professional"),
        grantable=frozenset(entry.get("grantable", EVERY_CLAIM)),
        calls_per_minute=entry.get("calls_per_minute"),
    )


def apps_of(entry: Mapping[str, Any]) -> dict[str, App]:
    """Return the apps: ``clients`` are device apps with their secrets, ``apps`` those in full."""
    account = entry["name"]
    found = {
        client_id: App(client_id, account, secret=secret)
        for client_id, secret in entry.get("clients", {}).items()
    }
    for app in entry.get("apps", []):
        given = {**app, "redirect_uris": frozenset(app.get("redirect_uris", []))}
        found[app["client_id"]] = App(account=account, **given)
    return found


def _key(entry: Mapping[str, Any]) -> Key:
    expires = entry.get("expires")
    return Key(
        claims=frozenset(entry.get("claims", ["device.read"])),
        expires_at=expires.timestamp() if expires else None,
    )


def build_meter(entry: Mapping[str, Any], *, account: str, start: float) -> SimulatedMeter:
    """Return the meter an entry describes; without an id it gets one from its serial."""
    meter_id = entry.get("id") or str(uuid.uuid5(NAMESPACE, f"{account}:{entry['serial']}"))
    curve = Curve(
        meter_id,
        start=start,
        load=_pair(entry.get("load", ["steady", 0.0])),
        yield_=_pair(entry["yield"]) if "yield" in entry else None,
    )
    return SimulatedMeter(
        id=meter_id,
        name=entry.get("name"),
        serial=entry["serial"],
        kind_name=entry["kind"],
        curve=curve,
        base=entry.get("base", 0.0),
        report_every_s=entry.get("every_s", 10),
        overrides=dict(entry.get("members", {})),
    )


def _pair(value: list[Any]) -> tuple[str, float]:
    return str(value[0]), float(value[1])


def made_up_account(
    name: str, *, api_key: str, meters: int, start: datetime = DEFAULT_START
) -> Account:
    """Return an account with that many 3-phase meters since a time, for tests of many accounts."""
    entries = [
        {"name": f"{name} {n}", "serial": 6_300_000 + n, "kind": "telstar"}
        | {"load": ["household", 3000.0], "base": 100.0 + n}
        for n in range(meters)
    ]
    keys = [{"key": api_key}]
    return build_account({"name": name, "api_keys": keys, "meters": entries, "start": start})
