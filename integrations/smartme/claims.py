"""Who may sync a connection now: claims that end by themselves when their holder dies.

A claim is a random id in the connection's row. Every write of a sync asks for its own claim, so
that a worker that was taken for dead and comes back changes nothing any more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from random import SystemRandom
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from integrations.choices import ConnectionStatus
from integrations.models import Connection
from integrations.smartme.pacing import SLOWEST_S

# A claim must outlast the longest call to the cloud; it is renewed before the values are stored.
LEASE = timedelta(seconds=45)
STORING_LEASE = timedelta(seconds=120)
RETRY_AFTER_S = (5, 10, 20, 40)
JITTER = 0.1
CHANCE = SystemRandom()
MAX_CLAIMS = 500
# One slot in so many may be held by accounts that failed last time.
SUSPECT_SHARE = 3

# Whose turn it is: the longest waiting of each organisation, one after the other, behind those
# that are being synced already; of accounts that failed last time only a share of the slots.
CLAIM_DUE = """
WITH busy AS (
    SELECT organisation_id, count(*) AS held,
           count(*) FILTER (WHERE failures > 0) AS suspects
      FROM integrations_connection
     WHERE claim IS NOT NULL AND status <> 'paused' AND next_attempt_at > statement_timestamp()
     GROUP BY organisation_id
), due AS (
    SELECT c.id, c.next_attempt_at, c.failures > 0 AS is_suspect,
           coalesce(b.held, 0) + row_number() OVER (
               PARTITION BY c.organisation_id ORDER BY c.next_attempt_at, c.id) AS turn
      FROM integrations_connection c LEFT JOIN busy b USING (organisation_id)
     WHERE c.status <> 'paused' AND c.next_attempt_at <= statement_timestamp()
), ranked AS (
    SELECT id, turn, next_attempt_at, is_suspect,
           row_number() OVER (PARTITION BY is_suspect ORDER BY turn, next_attempt_at) AS place
      FROM due
), picked AS (
    SELECT id FROM ranked
     WHERE NOT is_suspect
        OR place + (SELECT coalesce(sum(suspects), 0) FROM busy) <= %(probes)s
     ORDER BY turn, next_attempt_at
     LIMIT greatest(0, least(%(limit)s,
               %(slots)s - (SELECT coalesce(sum(held), 0) FROM busy)))
)
UPDATE integrations_connection
   SET claim = gen_random_uuid(),
       next_attempt_at = statement_timestamp() + make_interval(secs => %(lease_s)s)
 WHERE id IN (
       SELECT c.id FROM integrations_connection c JOIN picked USING (id)
        WHERE c.status <> 'paused' AND c.next_attempt_at <= statement_timestamp()
          FOR UPDATE OF c SKIP LOCKED)
RETURNING id, claim
"""


class Claimed(NamedTuple):
    """A connection to sync, and the claim to do it under."""

    connection_id: UUID
    claim: UUID


def claim_due(limit: int = MAX_CLAIMS) -> list[Claimed]:
    """Claim connections that are due, as far as there are slots, in one statement.

    The organisations take turns, so that none waits behind all of another's. Accounts that failed
    last time, and so may hold a worker until the time is up, get a share of the slots only.
    """
    slots = settings.SMARTME_SLOTS
    given = {
        "lease_s": LEASE.total_seconds(),
        "limit": limit,
        "slots": slots,
        "probes": max(slots // SUSPECT_SHARE, 1),
    }
    with database.cursor() as cursor:
        cursor.execute(CLAIM_DUE, given)
        return [Claimed(*row) for row in cursor.fetchall()]


def claim_now(connection_id: UUID) -> Claimed | None:
    """Claim a connection at once, even while it waits; None while that is not possible.

    A sync that runs already will be followed by another one as soon as it ends. While all slots
    are taken it becomes due, and has its turn among the others.
    """
    now = timezone.now()
    rows = Connection.objects.filter(pk=connection_id).exclude(status=ConnectionStatus.PAUSED)
    rows.update(requested_at=now)
    claim = uuid4()
    free = rows.filter(claim=None) | rows.filter(next_attempt_at__lte=now)
    if _busy(now) >= settings.SMARTME_SLOTS:
        free.update(next_attempt_at=now)
        return None
    if not free.update(claim=claim, next_attempt_at=now + LEASE):
        return None
    return Claimed(connection_id, claim)


def _busy(now: datetime) -> int:
    """Return how many slots are taken."""
    held = Connection.objects.filter(claim__isnull=False, next_attempt_at__gt=now)
    return held.exclude(status=ConnectionStatus.PAUSED).count()


def renew(claimed: Claimed, *, lease: timedelta = STORING_LEASE) -> bool:
    """Hold the claim for longer; false when somebody else has taken over or it was paused."""
    rows = Connection.objects.filter(pk=claimed.connection_id, claim=claimed.claim)
    return bool(rows.update(next_attempt_at=timezone.now() + lease))


def next_attempt(
    connection: Connection, *, now: datetime, failures: int, asked_wait_s: float | None = None
) -> datetime:
    """Return when to try next: at its own beat, or after the growing waits after failures.

    The cloud's own wish for a wait is obeyed when it is longer. Some jitter keeps connections
    that failed together from coming back together.
    """
    interval_s = max(connection.interval_s, SLOWEST_S.get(connection.licence, 0))
    if not failures:
        due = next_beat(connection.pk, now=now, interval_s=interval_s)
        return max(due, connection.hold_until or due)
    wait_s = float(interval_s)
    if failures <= len(RETRY_AFTER_S):
        wait_s = min(wait_s, RETRY_AFTER_S[failures - 1])
    wait_s = max(wait_s, asked_wait_s or 0.0)
    return now + timedelta(seconds=wait_s * (1 + JITTER * CHANCE.random()))


def next_beat(connection_id: UUID, *, now: datetime, interval_s: int) -> datetime:
    """Return the next moment of a connection's own beat, at least half an interval away.

    Each connection has its place in the interval, by the random part of its id: a thousand that
    were made together are spread over the whole interval, and stay so.
    """
    place = (connection_id.int & 0xFFFFFFFF) / 2**32
    beats = now.timestamp() / interval_s - place + 0.5
    return datetime.fromtimestamp((ceil(beats) + place) * interval_s, tz=UTC)
