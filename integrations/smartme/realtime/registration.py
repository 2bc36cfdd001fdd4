"""What is registered at the cloud, brought in line with what is wanted: again, until it is.

Every step may be cut off anywhere: the next run looks at what is there and goes on from that. No
transaction is open during calls. Source: docs/integrations/smart-me.md, "Realtime".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import connection as database
from django.db.models import Max
from django.utils import timezone

from config.lib.secrets import digest
from integrations.choices import RealtimeStatus
from integrations.models import Connection, MeterLink, RealtimeChannel, RealtimeEndpoint
from integrations.smartme.client import SmartMeClient
from integrations.smartme.errors import AnswerUnreadable, CloudFault
from integrations.smartme.gates import Purpose, open_account
from integrations.smartme.tokens import give_back, may_stay
from integrations.smartme.values import Unusable, identifier

from .addresses import USER, Address, new_address, token_of, unreachable

logger = structlog.get_logger(__name__)
SINGLE_METER, WHOLE_ACCOUNT = 1, 2
LEASE_S: Final = 180
LOOK_AGAIN = timedelta(minutes=15)
RETRY_S: Final = (30, 60, 120, 300)
# Registered for so long, polled since, and nothing came: the registration is taken for broken.
DEAF_AFTER = timedelta(minutes=15)
FAREWELL = timedelta(days=7)
CHANCE: Final = SystemRandom()
CLAIM_DUE = """
UPDATE integrations_realtimechannel h
   SET next_check_at = statement_timestamp() + make_interval(secs => %(lease_s)s)
 WHERE id IN (
       SELECT h.id FROM integrations_realtimechannel h
         JOIN integrations_connection c ON c.id = h.connection_id
        WHERE h.next_check_at <= statement_timestamp()
          AND (c.disconnected_at IS NOT NULL
               OR c.status <> 'paused' AND (c.realtime OR h.status <> 'off'))
        ORDER BY h.next_check_at LIMIT 200
          FOR UPDATE OF h SKIP LOCKED)
RETURNING connection_id"""
Target = tuple[int, str | None]


@dataclass(frozen=True)
class Registered:
    """A registration at the cloud that posts to us."""

    id: str
    target: Target
    token: str


def claim_due_channels() -> list[UUID]:
    """Claim the channels to look at, for as long as a look takes."""
    with database.cursor() as cursor:
        cursor.execute(CLAIM_DUE, {"lease_s": LEASE_S})
        return [key for (key,) in cursor.fetchall()]


def settle_registration(connection_id: UUID) -> None:
    """Register what is wanted and take back what is not; faults are written onto the channel."""
    connection = Connection.objects.select_related("channel").filter(pk=connection_id).first()
    if connection is None or (connection.is_paused and connection.disconnected_at is None):
        return
    channel = connection.channel
    wanted = _wanted(connection)
    problem = unreachable() if wanted else None
    if problem is not None:
        _note(channel, status=RealtimeStatus.TROUBLED, problem=problem)
        return
    leaves = connection.disconnected_at is not None and may_stay(connection)
    try:
        has_addresses = connection.endpoints.exists()
        if wanted or leaves or has_addresses:
            with open_account(connection, purpose=Purpose.SETTING_UP) as client:
                if wanted or has_addresses:
                    _settle(client, channel, wanted=wanted)
                if leaves:
                    give_back(connection, client)
    except CloudFault as fault:
        _note_fault(connection, fault)
        return
    if connection.disconnected_at is not None:
        connection.delete()
        return
    _note(channel, status=RealtimeStatus.LISTENING if wanted else RealtimeStatus.OFF)


def _wanted(connection: Connection) -> set[Target]:
    if connection.disconnected_at is not None or not connection.realtime:
        return set()
    meters: list[str] = connection.channel.meters
    return {(SINGLE_METER, meter) for meter in meters} or {(WHOLE_ACCOUNT, None)}


def _settle(client: SmartMeClient, channel: RealtimeChannel, *, wanted: set[Target]) -> None:
    listed = _ours(client)
    endpoints = {str(entry.token): entry for entry in _endpoints(channel)}
    keep = _current(channel, listed, endpoints=endpoints, wanted=wanted)
    if wanted and keep is None:
        address = new_address(channel.connection_id)
        keep, now = address.endpoint, timezone.now()
        RealtimeChannel.objects.filter(pk=channel.pk).update(registered_at=now)
        listed = _register(client, address, wanted=wanted)
        endpoints |= {digest(token_of(address.url) or ""): keep}
    for entry in listed:
        owner = endpoints.get(digest(entry.token))
        if _is_surplus(entry, owner, keep=keep):
            client.unregister(entry.id)
    surplus = RealtimeEndpoint.objects.filter(connection=channel.connection_id)
    (surplus.exclude(pk=keep.pk) if keep else surplus).delete()


def _endpoints(channel: RealtimeChannel) -> list[RealtimeEndpoint]:
    return list(RealtimeEndpoint.objects.filter(connection=channel.connection_id).order_by("pk"))


def _ours(client: SmartMeClient) -> list[Registered]:
    """Return the account's registrations that post to this platform."""
    found = []
    for entry in client.registrations():
        given = {str(key).lower(): value for key, value in entry.items()}
        token = token_of(given.get("apiurl"))
        if token is None:
            continue
        meter = given.get("meterid")
        kind = given.get("registrationtype")
        is_single = kind == SINGLE_METER and isinstance(meter, str)
        target: Target = (SINGLE_METER, str(meter).lower()) if is_single else (int(kind or 0), None)
        try:
            # It becomes part of a path: nothing but an id may.
            key = identifier(given.get("id"))
        except Unusable as fault:
            raise AnswerUnreadable(detail="A registration has no id.") from fault
        found.append(Registered(key, target, token))
    return found


def _current(
    channel: RealtimeChannel,
    listed: list[Registered],
    *,
    endpoints: dict[str, RealtimeEndpoint],
    wanted: set[Target],
) -> RealtimeEndpoint | None:
    """Return the endpoint that has exactly what is wanted, unless it is to be made anew."""
    if channel.registered_at is None or _is_deaf(channel, since=channel.registered_at):
        return None
    targets: dict[str, set[Target]] = defaultdict(set)
    for entry in listed:
        targets[digest(entry.token)].add(entry.target)
    good = [endpoint for key, endpoint in endpoints.items() if targets.get(key) == wanted]
    return good[-1] if good and wanted else None


def _is_deaf(channel: RealtimeChannel, *, since: datetime) -> bool:
    """Say whether meters have spoken to polling for long, and nothing has come by itself."""
    heard_at = max(since, channel.last_post_at or since)
    meters = MeterLink.objects.filter(connection=channel.connection_id).present()
    latest: datetime | None = meters.aggregate(latest=Max("value_at"))["latest"]
    return latest is not None and latest > heard_at + DEAF_AFTER


def _register(client: SmartMeClient, address: Address, *, wanted: set[Target]) -> list[Registered]:
    """Register the address for everything wanted; return what the cloud lists then."""
    for kind, meter in sorted(wanted, key=str):
        content: dict[str, Any] = {
            "RegistrationType": kind,
            "ApiUrl": address.url,
            "BasicAuthUsername": USER,
            "BasicAuthPassword": address.password,
        }
        client.register(content | ({"MeterId": meter} if meter else {}))
    listed = _ours(client)
    token = token_of(address.url)
    if {entry.target for entry in listed if entry.token == token} != wanted:
        raise AnswerUnreadable(detail="It took the registration, but does not list it.")
    return listed


def _is_surplus(
    entry: Registered, owner: RealtimeEndpoint | None, *, keep: RealtimeEndpoint | None
) -> bool:
    """Say whether a registration is to be taken back: of an older address of this connection, or
    of none at all; never that of another connection to the same account.
    """
    if owner is not None:
        return keep is None or owner.pk != keep.pk
    return not RealtimeEndpoint.objects.filter(token=entry.token).exists()


def _note_fault(connection: Connection, fault: CloudFault) -> None:
    """Write what is wrong; a good-bye that can never be said is given up, and the secret goes."""
    left_at = connection.disconnected_at
    if left_at is not None and (fault.permanent or timezone.now() - left_at > FAREWELL):
        logger.warning("realtime_left_registered", connection=str(connection.pk), why=str(fault))
        connection.delete()
        return
    channel = connection.channel
    failures = channel.failures + 1
    wait_s: float = RETRY_S[min(failures, len(RETRY_S)) - 1]
    wait_s = max(wait_s, fault.retry_after_s or 0.0)
    due = timezone.now() + timedelta(seconds=wait_s * (1 + CHANCE.random() / 10))
    status = RealtimeStatus.TROUBLED
    _note(channel, status=status, problem=str(fault), failures=failures, next_check_at=due)


def _note(
    channel: RealtimeChannel,
    *,
    status: RealtimeStatus,
    problem: str = "",
    failures: int = 0,
    next_check_at: datetime | None = None,
) -> None:
    now = timezone.now()
    RealtimeChannel.objects.filter(pk=channel.pk).update(
        status=status,
        problem=problem,
        failures=failures,
        checked_at=now,
        next_check_at=next_check_at or now + LOOK_AGAIN * (1 + CHANCE.random() / 10),
        updated_at=now,
    )
