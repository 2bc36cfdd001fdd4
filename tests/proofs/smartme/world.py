"""The accounts of the proof at the simulated cloud, and how Atrium gets into each."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Organisation
from devices.services.catalogue import load_catalogue
from integrations.models import Connection
from integrations.smartme.connections import create_connection
from integrations.smartme.simulator.world import Account, build_account
from tests import factories
from tests.devices.factories import make_fleet
from tests.twin.factories import make_site

CLAIMS = ["device.read", "realtimeapi.readwrite"]
PROFESSIONAL, BASIC = "professional", "basic"
# The account whose counters count in mWh and litres by OBIS code.
IN_SMALL_UNITS = "north"
SMALL = 1000.0


@dataclass(frozen=True)
class Way:
    """The way into one account: what its connection stores."""

    auth_method: str
    fields: dict[str, Any]
    licence: str = PROFESSIONAL


WAYS = {
    "north": Way("api_key", {"api_key": "north-key"}),
    "south": Way(
        "oauth",
        {
            "oauth_grant": "client_credentials",
            "client_id": "south-app",
            "client_secret": "south-secret",
        },
    ),
    "east": Way("api_key", {"api_key": "east-key"}, licence=BASIC),
    "west": Way("basic", {"username": "west", "password": "west-password"}),
}
KINDS = {
    "north": ("telstar", "ct", "water-cold", "gas", "kamstrup"),
    "south": ("telstar", "heat", "water-hot", "plug", "pico"),
    "east": ("telstar", "cold", "temperature", "api-meter"),
    "west": ("gas", "plug", "mbus-gateway", "virtual", "compressed-air"),
}
LOADS = {"gas": 2.0, "water-cold": 0.4, "water-hot": 0.3, "compressed-air": 5.0}
# Beyond 2^53, as meters that are written to over the API have them.
LONG_SERIAL = 636_731_327_420_929_937


def build_accounts(*, since: Any) -> list[Account]:
    """Return the accounts; their meters have counted since then."""
    return [_account(name, way, since=since) for name, way in WAYS.items()]


def _account(name: str, way: Way, *, since: Any) -> Account:
    meters = [_meter(name, place, kind) for place, kind in enumerate(KINDS[name])]
    entry: dict[str, Any] = {"name": name, "licence": way.licence, "meters": meters}
    given = way.fields
    if "api_key" in given:
        entry["api_keys"] = [{"key": given["api_key"], "claims": CLAIMS}]
    if "client_id" in given:
        entry["clients"] = {given["client_id"]: given["client_secret"]}
    if "username" in given:
        entry["passwords"] = {given["username"]: given["password"]}
    return build_account({**entry, "start": since})


def _meter(account: str, place: int, kind: str) -> dict[str, Any]:
    number = 6_300_000 + 100 * list(WAYS).index(account) + place
    return {
        "name": f"{account} {kind}",
        "serial": LONG_SERIAL if kind == "api-meter" else number,
        "kind": kind,
        "load": ["steady", LOADS.get(kind, 1500.0)],
        "base": 100.0 + place,
        # Meters on M-Bus are read one after the other, and less often.
        "every_s": 60 if kind in LOADS or kind in {"heat", "cold"} else 20,
        **({"yield": ["steady", 900.0]} if kind == "telstar" else {}),
    }


def connect() -> list[Connection]:
    """Make an organisation with a connection to each account."""
    load_catalogue()
    organisation = factories.make_organisation(name="Tilleuls Gestion")
    return [_connect(organisation, name, way) for name, way in WAYS.items()]


def _connect(organisation: Organisation, name: str, way: Way) -> Connection:
    fields = {"name": name, "realtime": True, "licence": PROFESSIONAL, **way.fields}
    return create_connection(
        fleet=make_fleet(organisation, name=name),
        site=make_site(organisation),
        auth_method=way.auth_method,
        fields=fields,
    )
