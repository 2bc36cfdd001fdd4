"""Who may sync a connection now: claims that end by themselves when their holder dies.

A claim is a random id in the connection's row. Every write of a sync asks for its own claim, so
that a worker that was taken for dead and comes back changes nothing any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import connection as database
from django.utils import timezone

from integrations.choices import ConnectionStatus
from integrations.models import Connection

# A claim must outlast the longest call to the cloud; it is renewed before the values are stored.
LEASE = timedelta(seconds=45)
STORING_LEASE = timedelta(seconds=120)
RETRY_AFTER_S = (5, 10, 20, 40)
JITTER = 0.1
CHANCE = SystemRandom()
MAX_CLAIMS = 500

CLAIM_DUE = """
UPDATE integrations_connection
   SET claim = gen_random_uuid(),
       next_attempt_at = statement_timestamp() + make_interval(secs => %(lease_s)s)
 WHERE id IN (
       SELECT id FROM integrations_connection
        WHERE status <> 'paused' AND next_attempt_at <= statement_timestamp()
        ORDER BY next_attempt_at LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED)
RETURNING id, claim
"""


class Claimed(NamedTuple):
    """A connection to sync, and the claim to do it under."""

    connection_id: UUID
    claim: UUID


def claim_due(limit: int = MAX_CLAIMS) -> list[Claimed]:
    """Claim the connections that are due, the longest waiting first, in one statement."""
    with database.cursor() as cursor:
        cursor.execute(CLAIM_DUE, {"lease_s": LEASE.total_seconds(), "limit": limit})
        return [Claimed(*row) for row in cursor.fetchall()]


def claim_now(connection_id: UUID) -> Claimed | None:
    """Claim a connection at once, even while it waits; None while it is claimed already.

    A sync that runs already will be followed by another one as soon as it ends.
    """
    now = timezone.now()
    rows = Connection.objects.filter(pk=connection_id).exclude(status=ConnectionStatus.PAUSED)
    rows.update(requested_at=now)
    claim = uuid4()
    free = rows.filter(claim=None) | rows.filter(next_attempt_at__lte=now)
    if not free.update(claim=claim, next_attempt_at=now + LEASE):
        return None
    return Claimed(connection_id, claim)


def renew(claimed: Claimed, *, lease: timedelta = STORING_LEASE) -> bool:
    """Hold the claim for longer; false when somebody else has taken over or it was paused."""
    rows = Connection.objects.filter(pk=claimed.connection_id, claim=claimed.claim)
    return bool(rows.update(next_attempt_at=timezone.now() + lease))


def next_attempt(
    *, now: datetime, interval_s: int, failures: int, asked_wait_s: float | None = None
) -> datetime:
    """Return when to try next: the interval, or the growing waits after failures.

    The cloud's own wish for a wait is obeyed when it is longer. Some jitter keeps connections
    that failed together from coming back together.
    """
    wait_s = float(interval_s)
    if 0 < failures <= len(RETRY_AFTER_S):
        wait_s = min(wait_s, RETRY_AFTER_S[failures - 1])
    wait_s = max(wait_s, asked_wait_s or 0.0)
    return now + timedelta(seconds=wait_s * (1 + JITTER * CHANCE.random()))
