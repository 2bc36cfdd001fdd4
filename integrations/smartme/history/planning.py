"""What of the past is to be fetched: of new meters, after an outage, and on request."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.lib.errors import InvalidInput
from integrations.choices import BackfillCause, BackfillStatus
from integrations.models import Backfill, Connection, MeterLink

# A shorter silence than this has lost no quarter hour.
SHORTEST_GAP: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(days=3_660)


def ask_for_past(connection: Connection, *, now: datetime) -> None:
    """Have the past of each meter that is new fetched, as deep as the connection wants it."""
    if not connection.history_days:
        return
    meters = _meters(connection).exclude(backfills__cause=BackfillCause.CONNECT)
    since = now - timedelta(days=connection.history_days)
    _plan(connection, meters, cause=BackfillCause.CONNECT, since=since, until=now)


def repair_gap(connection: Connection, *, since: datetime | None, now: datetime) -> None:
    """Have fetched what could not be read since the last success, if that is long ago."""
    shortest = max(SHORTEST_GAP, 2 * timedelta(seconds=connection.interval_s))
    if since is None or now - since <= shortest:
        return
    meters = _meters(connection).filter(linked_at__lte=since)
    _plan(connection, meters, cause=BackfillCause.GAP, since=since, until=now)


def request_past(
    connection: Connection,
    *,
    since: datetime,
    until: datetime | None = None,
    meters: Collection[UUID] = (),
) -> list[Backfill]:
    """Have the past of the connection's meters fetched; of some of them when they are named.

    Returns: the backfills in the order of the meters; of one asked for already, that one.
    Raises: InvalidInput, for a span that is none, or meters that are not of the connection.
    """
    now = timezone.now()
    until = min(until or now, now)
    if not since < until <= since + LONGEST:
        detail = "It must lie before `to`, at most ten years, and in the past."
        raise InvalidInput([("#/from", "out-of-range", detail)])
    chosen = _meters(connection)
    if meters:
        chosen = chosen.filter(pk__in=meters)
        missing = set(meters) - set(chosen.values_list("pk", flat=True))
        if missing:
            detail = f"The connection has no meter {min(missing)} with a device."
            raise InvalidInput([("#/meters", "unknown-meter", detail)])
    _plan(connection, chosen, cause=BackfillCause.REQUEST, since=since, until=until)
    asked = Backfill.objects.filter(
        meter__in=chosen, cause=BackfillCause.REQUEST, since=since, until=until
    )
    return list(asked.order_by("meter", "pk"))


def cancel(backfill: Backfill) -> None:
    """Fetch no more of it; what is here stays."""
    Backfill.objects.filter(pk=backfill.pk, status=BackfillStatus.WAITING).update(
        status=BackfillStatus.CANCELLED, claim=None, finished_at=timezone.now()
    )


def _meters(connection: Connection) -> QuerySet[MeterLink]:
    return MeterLink.objects.present().filter(connection=connection, device__isnull=False)


@transaction.atomic
def _plan(
    connection: Connection,
    meters: QuerySet[MeterLink],
    *,
    cause: BackfillCause,
    since: datetime,
    until: datetime,
) -> None:
    """Put one backfill for each meter on record; one that is there already stays as it is."""
    Backfill.objects.bulk_create(
        (
            Backfill(
                connection=connection,
                meter_id=meter,
                cause=cause,
                since=since,
                until=until,
                reached=until,
                next_attempt_at=timezone.now(),
            )
            for meter in meters.order_by("pk").values_list("pk", flat=True)
        ),
        ignore_conflicts=True,
    )
