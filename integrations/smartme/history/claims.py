"""Who may work on which backfill now: few at a time, each account in its turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from integrations.choices import BackfillStatus
from integrations.models import Backfill, Connection

# How many accounts are asked for their past at the same time; live syncs go before.
AT_ONCE: Final = 2
LEASE: Final = timedelta(seconds=90)
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext('integrations.backfill'))"
AT_WORK: Final = """
SELECT connection_id FROM integrations_backfill
 WHERE status = 'waiting' AND claim IS NOT NULL AND next_attempt_at > statement_timestamp()
"""
# The organisation that has waited longest goes first, and of it the account that has.
NEXT: Final = """
SELECT c.id FROM integrations_connection c
 WHERE c.status IN ('ok', 'pending') AND c.id <> ALL(%(at_work)s)
   AND EXISTS (SELECT 1 FROM integrations_backfill b
                WHERE b.connection_id = c.id AND b.status = 'waiting'
                  AND b.next_attempt_at <= statement_timestamp())
 ORDER BY (SELECT max(o.backfilled_at) FROM integrations_connection o
            WHERE o.organisation_id = c.organisation_id) NULLS FIRST,
          c.backfilled_at NULLS FIRST, c.id
 LIMIT 1
"""
CLAIM: Final = """
UPDATE integrations_backfill
   SET claim = gen_random_uuid(), started_at = coalesce(started_at, statement_timestamp()),
       updated_at = statement_timestamp(),
       next_attempt_at = statement_timestamp() + make_interval(secs => %(lease_s)s)
 WHERE id = (
       SELECT id FROM integrations_backfill
        WHERE connection_id = %(connection)s AND status = 'waiting'
          AND next_attempt_at <= statement_timestamp()
        ORDER BY updated_at, id LIMIT 1)
RETURNING id, claim
"""


class Claimed(NamedTuple):
    """A backfill to work on, and the claim to do it under."""

    backfill_id: UUID
    claim: UUID


@transaction.atomic
def claim_backfills() -> list[Claimed]:
    """Claim what may be worked on now: of each account one, and few in all."""
    claimed = []
    with database.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
        cursor.execute(AT_WORK)
        at_work = [key for (key,) in cursor.fetchall()]
        while len(at_work) < AT_ONCE:
            cursor.execute(NEXT, {"at_work": at_work})
            found = cursor.fetchone()
            if found is None:
                break
            cursor.execute(CLAIM, {"connection": found[0], "lease_s": LEASE.total_seconds()})
            claimed.append(Claimed(*cursor.fetchone()))
            at_work.append(found[0])
            Connection.objects.filter(pk=found[0]).update(backfilled_at=timezone.now())
    return claimed


def write(claimed: Claimed, **changes: Any) -> bool:
    """Write onto the backfill; false when somebody else has taken over or it was cancelled."""
    rows = Backfill.objects.filter(pk=claimed.backfill_id, claim=claimed.claim)
    return bool(
        rows.filter(status=BackfillStatus.WAITING).update(**changes, updated_at=timezone.now())
    )


def release(claimed: Claimed, *, wait: timedelta = timedelta(), **changes: Any) -> None:
    """Let others go on, after a while."""
    write(claimed, claim=None, next_attempt_at=timezone.now() + wait, **changes)
