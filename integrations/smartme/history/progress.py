"""How far the past of a connection's meters has come, all of it together."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, DurationField, F, Max, Min, Q, Sum

from integrations.choices import BackfillStatus
from integrations.models import Backfill, Connection
from integrations.models.backfills import Progress


@dataclass(frozen=True)
class History:
    """What of the past is being fetched: of how many meters, how far, and what holds it up."""

    progress: Progress
    spans: int
    done: int
    problem: str


def history_of(connection: Connection) -> History | None:
    """Return how far the past that is still being fetched has come; None when all is here.

    What was asked for together counts together: also what of it is done. One query.
    """
    rows = Backfill.objects.filter(connection=connection)
    waiting = rows.filter(status=BackfillStatus.WAITING)
    # What was asked for at one time ends at one time.
    together = rows.filter(until__in=waiting.values("until"))
    found = together.exclude(status=BackfillStatus.CANCELLED).aggregate(
        spans=Count("pk"),
        done=Count("pk", filter=Q(status=BackfillStatus.DONE)),
        span=Sum(F("until") - F("since"), output_field=DurationField()),
        fetched=Sum(F("until") - F("reached"), output_field=DurationField()),
        earliest=Min("since"),
        latest=Max("until"),
        started_at=Min("started_at"),
        problem=Max("problem", filter=Q(status=BackfillStatus.WAITING)),
    )
    if not found["spans"]:
        return None
    progress = Progress(
        since=found["earliest"],
        until=found["latest"],
        span_s=found["span"].total_seconds(),
        done_s=found["fetched"].total_seconds(),
        started_at=found["started_at"],
    )
    return History(progress, found["spans"], found["done"], found["problem"] or "")
