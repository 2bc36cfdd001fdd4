"""What the smart-me cloud posts by itself: the addresses it may post to, the inbox, the counts."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from config.lib.fields import DigestField
from config.lib.models import BaseModel
from integrations.choices import RealtimeStatus
from integrations.models.smartme import Connection, MeterLink


class RealtimeChannel(BaseModel):
    """Realtime of one connection: what is wanted, how it stands at the cloud, what came in.

    ``meters`` holds the cloud's ids of the meters to listen to; empty means the whole account. The
    counts are of all times. Recorded are also values that were there already; unmapped are those
    of which the device has no point; foreign are reports of meters that the connection never found.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="channel")
    meters = models.JSONField(default=list, blank=True)
    status = models.CharField(
        max_length=16, choices=RealtimeStatus.choices, default=RealtimeStatus.OFF
    )
    problem = models.TextField(blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(db_default=Now())
    failures = models.PositiveIntegerField(default=0)
    posts = models.BigIntegerField(default=0)
    values_recorded = models.BigIntegerField(default=0)
    values_rejected = models.BigIntegerField(default=0)
    values_unmapped = models.BigIntegerField(default=0)
    reports_foreign = models.BigIntegerField(default=0)
    reports_unreadable = models.BigIntegerField(default=0)
    last_post_at = models.DateTimeField(null=True, blank=True)
    last_fault = models.TextField(blank=True)

    class Meta:
        # Serves the beat's question which channels are to be looked at.
        indexes = [models.Index(fields=["next_check_at"], name="realtime_channel_due")]

    def __str__(self) -> str:
        return f"realtime of {self.connection_id}"


class RealtimeEndpoint(BaseModel):
    """An address that was given to the cloud, known by the digests of its secrets alone.

    ``token`` is the last part of the path, ``pair`` the digest of ``user:password``.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="endpoints")
    token = DigestField()
    pair = models.CharField(max_length=64, editable=False)

    def __str__(self) -> str:
        return f"endpoint {self.pk}"


class RealtimePost(models.Model):
    """A body as it came, kept until a worker has taken its readings over.

    A queue: rows are written before the cloud gets its answer, claimed in their order, and deleted
    in the transaction that stores their readings; one that fails for a reason nobody foresaw is set
    aside (``failed_at``). No foreign keys: no post waits for a lock.
    """

    id = models.BigAutoField(primary_key=True)
    endpoint_id = models.UUIDField()
    connection_id = models.UUIDField()
    received_at = models.DateTimeField(db_default=Now())
    body = models.BinaryField()
    failed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"post {self.pk}"


class RealtimeMeter(models.Model):
    """How far one meter is heard by itself: its latest report, and when that came in."""

    link = models.OneToOneField(
        MeterLink, on_delete=models.CASCADE, primary_key=True, related_name="heard"
    )
    value_at = models.DateTimeField()
    received_at = models.DateTimeField()
    reports = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"heard of {self.link_id}"

    @property
    def gap_s(self) -> float:
        """Return by how much polling is ahead of the posts of this meter."""
        polled_at = self.link.value_at or self.value_at
        return max((polled_at - self.value_at).total_seconds(), 0.0)
