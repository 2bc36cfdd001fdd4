"""How a connection is doing: what is wrong, what to do, what is off, and how whole its data are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from devices.selectors import DAYS_OF_COVERAGE, coverage_by_day
from integrations.choices import AuthMethod, ConnectionStatus, OAuthGrant
from integrations.models import Connection, MeterLink
from integrations.smartme.gates import Circuit
from integrations.smartme.history.progress import History, history_of
from integrations.smartme.needs import NEEDS, STAY, Need, missing_from
from integrations.smartme.notices import Notice, notices_of
from integrations.smartme.tokens import scope_for

WARN_AHEAD: Final = timedelta(days=30)
# smart-me's own word: a meter without contact for so long is offline.
OFFLINE_AFTER: Final = timedelta(minutes=15)
WORST: Final = 10
ADVICE: Final[dict[str, str]] = {
    ConnectionStatus.OK: "Nothing is to be done.",
    ConnectionStatus.PENDING: "Nothing is to be done: the first sync is on its way.",
    ConnectionStatus.DEGRADED: "Nothing is to be done now: Atrium tries again by itself.",
    ConnectionStatus.FAILED: "Do what the problem says. Atrium notices by itself, or sync now.",
    ConnectionStatus.PAUSED: "Resume the connection when it shall be read again.",
}


@dataclass(frozen=True)
class Caution:
    """Something that works today, and will not for ever."""

    code: str
    detail: str


@dataclass(frozen=True)
class SwitchedOff:
    """What does not work for want of a claim or licence."""

    need: str
    detail: str
    since: str | None = None


@dataclass(frozen=True)
class MeterHealth:
    """One meter: its share of quarter hours with values, by day, oldest first, and in all."""

    link: MeterLink
    days: tuple[float, ...]
    completeness: float | None
    lag_s: float | None
    trouble: str
    notices: tuple[Notice, ...] = ()

    @property
    def concern(self) -> str:
        """Say what is wrong with the meter, and what somebody should look at."""
        return " ".join([self.trouble, *(one.detail for one in self.notices)]).strip()

    @property
    def is_silent(self) -> bool:
        """Say whether smart-me itself would call it offline."""
        return self.lag_s is not None and self.lag_s > OFFLINE_AFTER.total_seconds()


@dataclass(frozen=True)
class Health:
    """The whole of it, ready to be shown."""

    connection: Connection
    circuit: str
    problem: str
    advice: str
    lag_s: float | None
    completeness: float | None
    meters: tuple[MeterHealth, ...]
    history: History | None = None
    switched_off: tuple[SwitchedOff, ...] = ()
    warnings: tuple[Caution, ...] = field(default=())

    @property
    def worst(self) -> tuple[MeterHealth, ...]:
        """The meters that need a look most: troubled, silent, or with the largest gaps."""
        ranked = sorted(
            (meter for meter in self.meters if not meter.link.is_gateway),
            key=lambda one: (not one.concern, not one.is_silent, one.completeness or 0.0),
        )
        return tuple(ranked[:WORST])

    @property
    def silent(self) -> int:
        """How many meters are silent."""
        return sum(meter.is_silent for meter in self.meters)


def health_of(connection: Connection) -> Health:
    """Return how a connection is doing, in five queries whatever its size."""
    now = timezone.now()
    links = MeterLink.objects.present().filter(connection=connection).order_by("pk")
    meters = tuple(meters_of(links, now=now))
    shares = [one.completeness for one in meters if one.completeness is not None]
    lags = [one.lag_s for one in meters if one.lag_s is not None]
    return Health(
        connection=connection,
        circuit=Circuit.of(connection),
        problem=connection.problem,
        advice=ADVICE[connection.status],
        lag_s=min(lags) if lags else None,
        completeness=sum(shares) / len(shares) if shares else None,
        meters=meters,
        history=history_of(connection),
        switched_off=tuple(_switched_off(connection)),
        warnings=tuple(_warnings(connection, now)),
    )


def meters_of(links: Iterable[MeterLink], *, now: datetime) -> Iterable[MeterHealth]:
    """Yield how meters are doing; three queries for all of them."""
    listed = list(links)
    noticed = notices_of(listed)
    covered = coverage_by_day([link.device_id for link in listed if link.device_id], until=now)
    for link in listed:
        days = _days(link, covered, now=now)
        whole = _whole(link, days, now=now)
        is_measured = link.device_id is not None and whole > 1 / 96
        yield MeterHealth(
            link=link,
            days=days,
            completeness=min(sum(days) / whole, 1.0) if is_measured else None,
            lag_s=(now - link.value_at).total_seconds() if link.value_at else None,
            trouble=link.trouble,
            notices=tuple(noticed.get(link.pk, ())),
        )


def _whole(link: MeterLink, days: tuple[float, ...], *, now: datetime) -> float:
    """Return of how many days a meter should have values: since it was found, or since the first
    that it has, should its past have been fetched.
    """
    known = (now - (link.linked_at or now)) / timedelta(days=1)
    first = next((place for place, share in enumerate(days) if share), None)
    told = 0.0 if first is None else DAYS_OF_COVERAGE - 1 - first + days[first]
    return min(max(known, told), float(DAYS_OF_COVERAGE))


def _days(
    link: MeterLink, covered: dict[UUID, dict[int, float]], *, now: datetime
) -> tuple[float, ...]:
    found = covered.get(link.device_id, {}) if link.device_id else {}
    return tuple(found.get(day, 0.0) for day in range(DAYS_OF_COVERAGE))


def _switched_off(connection: Connection) -> Iterable[SwitchedOff]:
    lacks: dict[str, str] = connection.learned.get("lacks", {})
    missing = {need.name for need in _not_granted(connection)}
    for name, need in NEEDS.items():
        if name in lacks or name in missing:
            yield SwitchedOff(name, f"Atrium cannot {need.gives}. {need.without}", lacks.get(name))


def _not_granted(connection: Connection) -> list[Need]:
    is_known = connection.auth_method == AuthMethod.OAUTH and bool(connection.claims)
    return missing_from(connection.claims, scope=scope_for(connection)) if is_known else []


def _warnings(connection: Connection, now: datetime) -> Iterable[Caution]:
    if connection.auth_method == AuthMethod.BASIC:
        yield Caution(
            "basic-ending",
            "smart-me means to end log-in by user name and password. Make an API key there, and "
            "change this connection to it.",
        )
    ends = connection.key_expires_at
    if connection.auth_method == AuthMethod.API_KEY and ends and ends - now < WARN_AHEAD:
        word = "has ended" if ends <= now else f"ends on {ends:%Y-%m-%d}"
        yield Caution(
            "key-ending",
            f"The API key {word}. Make a new one in the smart-me portal and store it here.",
        )
    if connection.oauth_grant == OAuthGrant.ACCESS_TOKEN:
        yield Caution(
            "token-ending",
            "The stored access token ends within the hour, and cannot be renewed. Allow Atrium.",
        )
    elif connection.claims and STAY in {need.name for need in _not_granted(connection)}:
        yield Caution("token-ending", NEEDS[STAY].without)
