"""What is still to be fetched of the past of meters, and how far it has come."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from config.lib.models import BaseModel
from integrations.choices import BackfillCause, BackfillMethod, BackfillStatus


class Backfill(BaseModel):
    """A span of one meter's past, fetched window by window from its end to its beginning.

    Everything from ``reached`` to ``until`` is here. ``claim`` marks the one worker that may go
    on, until ``next_attempt_at``; then another one goes on at the window that was not finished.
    """

    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, related_name="backfills"
    )
    meter = models.ForeignKey(
        "integrations.MeterLink", on_delete=models.CASCADE, related_name="backfills"
    )
    cause = models.CharField(max_length=16, choices=BackfillCause.choices)
    method = models.CharField(
        max_length=16, choices=BackfillMethod.choices, default=BackfillMethod.DENSE
    )
    since = models.DateTimeField()
    until = models.DateTimeField()
    reached = models.DateTimeField()
    status = models.CharField(
        max_length=16, choices=BackfillStatus.choices, default=BackfillStatus.WAITING
    )
    problem = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    values = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(db_default=Now())
    claim = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [
            # Serves the beat's question what is to be done.
            models.Index(
                fields=["next_attempt_at"], name="backfill_due", condition=Q(status="waiting")
            ),
            # Serves the list of a connection, newest first.
            models.Index(fields=["connection", "-id"], name="backfill_of_connection"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["meter", "cause", "since", "until"], name="backfill_once"
            ),
            models.CheckConstraint(
                condition=Q(since__lte=F("reached"), reached__lte=F("until")),
                name="backfill_reached_in_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M}"

    @property
    def progress(self) -> Progress:
        """Return how far it has come."""
        return Progress(
            since=self.since,
            until=self.until,
            span_s=(self.until - self.since).total_seconds(),
            done_s=(self.until - self.reached).total_seconds(),
            started_at=self.started_at,
        )


@dataclass(frozen=True)
class Progress:
    """How far one or several backfills have come, in seconds of the past."""

    since: datetime
    until: datetime
    span_s: float
    done_s: float
    started_at: datetime | None

    @property
    def percent(self) -> float:
        """Return how much of the span is here: 0 to 100, rounded down to a tenth."""
        return math.floor(self.done_s / self.span_s * 1000) / 10 if self.span_s else 100.0

    def ends_at(self, now: datetime) -> datetime | None:
        """Return when it will end at the pace so far; None before the pace is known."""
        if self.started_at is None or self.done_s <= 0:
            return None
        left = (self.span_s - self.done_s) / self.done_s
        return now + (now - self.started_at) * left
