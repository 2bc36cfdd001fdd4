"""Events: the one ordered log of all changes."""

from typing import Any, NamedTuple, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import Q

from config.lib.models import UUIDv7Model
from integrations.models.event_gate import EventGate
from integrations.models.fields import (
    CurrentTransaction,
    OldestOpenTransaction,
    TransactionIdField,
)


class Cursor(NamedTuple):
    """A place in the log: the transaction and the event that were read last."""

    xid: int
    id: UUID

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Return the cursor that the text stands for.

        Raises: ValueError, if it is none of ours.
        """
        number, _, key = text.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) <= 20):
            raise ValueError(text)
        return cls(int(number), UUID(key))

    def __str__(self) -> str:
        return f"{self.xid}-{self.id.hex}"


class EventQuerySet(EventGate):
    """Events in their order, seen by those who may see what they are about."""

    def settled(self) -> Self:
        """Return the events before which none can appear any more.

        Source: docs/time-series.md, "The order of events".
        """
        return self.filter(xid__lt=OldestOpenTransaction())

    def after(self, cursor: Cursor | None) -> Self:
        """Return the settled events behind the cursor, in their order."""
        events = self.settled().order_by("xid", "pk")
        if cursor is None:
            return events
        behind = Q(xid__gt=cursor.xid) | Q(xid=cursor.xid, pk__gt=cursor.id)
        # The first condition is implied by the second; an index serves it.
        return events.filter(Q(xid__gte=cursor.xid) & behind)


class Event(UUIDv7Model):
    """One change, written in the transaction of the change.

    What it is about is named by ids without a constraint: an event outlives its subject. The
    number of its transaction orders it, since ids and times of open transactions may still appear
    behind a reader.
    """

    xid: Any = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    type = models.CharField(max_length=64)
    source = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    time = models.DateTimeField()
    organisation = models.UUIDField(null=True)
    site = models.UUIDField(null=True)
    node = models.UUIDField(null=True)
    # The spaces from the root to where the subject stood; none: at the site, or at no place.
    spaces = ArrayField(models.UUIDField(), null=True)
    # From when until when it tells of, where that is not its own moment.
    about = DateTimeRangeField(null=True)
    data = models.JSONField(default=dict)
    batch_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 (none: may repeat)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch_key"],
                condition=Q(batch_key__isnull=False),
                name="event_batch_once",
            )
        ]
        indexes = [
            # Serve the log as a whole, that of an organisation and that of a site, in order.
            models.Index(fields=["xid", "id"], name="event_order"),
            models.Index(fields=["organisation", "xid", "id"], name="event_of_organisation"),
            models.Index(
                fields=["site", "xid", "id"],
                condition=Q(site__isnull=False),
                name="event_of_site",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

    @property
    def cursor(self) -> Cursor:
        """Return the place of the event in the log."""
        return Cursor(self.xid, self.pk)
