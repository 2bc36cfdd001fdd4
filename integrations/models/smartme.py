"""Connections to the smart-me cloud, the meters found there, and the log of syncs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from config.lib.fields import EncryptedJSONField
from config.lib.models import BaseModel
from integrations.choices import (
    AuthMethod,
    ConnectionStatus,
    Licence,
    OAuthGrant,
    SyncOutcome,
    SyncTrigger,
)

DEFAULT_INTERVAL_S = 60
MIN_INTERVAL_S = 10
MAX_INTERVAL_S = 86_400


class ConnectionQuerySet(TenantQuerySet):
    """Connections, seen and changed by those who act in their organisation."""

    def visible_condition(self, principal: Principal) -> Q:
        """Leave out those that were deleted and only say good-bye to the cloud."""
        return super().visible_condition(principal) & Q(disconnected_at=None)

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Leave them out here as well."""
        return super().changeable_condition(principal, at_least) & Q(disconnected_at=None)

    def claimed_by(self, claim: UUID) -> Self:
        """Return the connection whose sync this claim may still write."""
        return self.filter(claim=claim)


class ConnectionManager(models.Manager.from_queryset(ConnectionQuerySet)):  # type: ignore[misc]
    """Reads connections without their secrets, which are opened in few places alone."""

    def get_queryset(self) -> ConnectionQuerySet:
        """Leave the secrets in the database until they are asked for."""
        rows: ConnectionQuerySet = super().get_queryset().defer("secret", "tokens")
        return rows


def leave_first(collector: Any, field: Any, rows: Any, using: str) -> None:
    """Let connections go with their organisation, unless something is left to be taken back.

    Raises: ProtectedError, while the cloud posts to an address of one of them: nobody could take
    that back once the secret is gone. Disconnecting first does.
    """
    registered = set(rows.filter(endpoints__isnull=False))
    if registered:
        text = "They are registered at smart-me: delete these connections first."
        raise models.ProtectedError(text, registered)
    models.CASCADE(collector, field, rows, using)


class Connection(BaseModel):
    """An organisation's account at the smart-me cloud, read on a schedule.

    ``claim`` marks the one sync that may write; whoever holds an older claim stops. The claim is
    good until ``next_attempt_at``: a worker that died is followed by another one then.

    ``secret`` is what a person stored; ``tokens`` is what the cloud gave for it under OAuth 2.0
    (access_token, refresh_token), valid until ``token_expires_at``. ``tokens_version`` grows with
    each renewal; ``renewal`` marks the one worker that may renew, until ``renewal_ends_at``, and
    ``renewal_sent_at`` stands while the answer to a renewal is not known.
    ``claims`` are those granted, where the cloud says so. ``learned`` holds what calls taught:
    {"lacks": {claim or licence: since}, "card_dashes": true}. Until ``hold_until`` no call is made
    but by a sync that somebody asked for.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=leave_first, related_name="smartme_connections"
    )
    fleet = models.ForeignKey(
        "devices.Fleet", on_delete=models.RESTRICT, related_name="smartme_connections"
    )
    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="smartme_connections",
    )
    name = models.CharField(max_length=200)
    auth_method = models.CharField(max_length=16, choices=AuthMethod.choices)
    username = models.CharField(max_length=200, blank=True)
    card_id = models.CharField(max_length=64, blank=True)
    secret = EncryptedJSONField(null=True, blank=True)
    oauth_grant = models.CharField(
        max_length=32, choices=OAuthGrant.choices, blank=True, db_default=""
    )
    client_id = models.CharField(max_length=200, blank=True, db_default="")
    key_expires_at = models.DateTimeField(null=True, blank=True)
    tokens = EncryptedJSONField(null=True, blank=True)
    tokens_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    renewal = models.UUIDField(null=True, blank=True, editable=False)
    renewal_ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    renewal_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    claims = ArrayField(models.CharField(max_length=64), default=list, db_default=[], blank=True)
    learned = models.JSONField(default=dict, db_default={}, blank=True)
    licence = models.CharField(
        max_length=16, choices=Licence.choices, default=Licence.UNKNOWN, db_default="unknown"
    )
    switching = models.BooleanField(default=False, db_default=False)
    realtime = models.BooleanField(default=False)
    # How deep the past of a new meter is fetched; none: not at all.
    history_days = models.PositiveIntegerField(default=0, db_default=0)
    backfilled_at = models.DateTimeField(null=True, blank=True, editable=False)
    interval_s = models.PositiveIntegerField(default=DEFAULT_INTERVAL_S)

    status = models.CharField(
        max_length=16, choices=ConnectionStatus.choices, default=ConnectionStatus.PENDING
    )
    problem = models.TextField(blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    requested_at = models.DateTimeField(null=True, blank=True)
    hold_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    # Deleted by a user: the row stays until nothing is registered at the cloud any more.
    disconnected_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConnectionManager()

    class Meta:
        indexes = [
            # Serves the beat's question which connections are due.
            models.Index(
                fields=["next_attempt_at"], name="connection_due", condition=~Q(status="paused")
            ),
            # Serves the list of an organisation in the order of age.
            models.Index(fields=["organisation", "id"], name="connection_of_organisation"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(interval_s__range=(MIN_INTERVAL_S, MAX_INTERVAL_S)),
                name="connection_interval_in_range",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fleet_or_none(self) -> Any:
        """Return the fleet, or None before there is one."""
        return self.fleet if self.fleet_id else None

    @property
    def is_paused(self) -> bool:
        """Say whether syncing is switched off."""
        return self.status == ConnectionStatus.PAUSED


class MeterLinkQuerySet(models.QuerySet[Any]):
    """Meters of connections."""

    def present(self) -> Self:
        """Return the meters that the cloud still lists."""
        return self.filter(vanished_at__isnull=True)


class MeterLink(BaseModel):
    """A meter or gateway that a connection found, and what it is on our side.

    What the cloud says of it and what its device is called here are kept apart.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="meters")
    meter_id = models.UUIDField()
    serial = models.CharField(max_length=64, blank=True)
    reported_name = models.CharField(max_length=200, blank=True)
    device_type_key = models.CharField(max_length=100)
    energy_type = models.IntegerField(default=0)
    sub_type = models.IntegerField(default=0)
    family = models.IntegerField(default=0)
    is_gateway = models.BooleanField(default=False)
    device = models.ForeignKey(
        "devices.Device",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="smartme_links",
    )
    gateway = models.ForeignKey(
        "devices.Gateway",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="smartme_links",
    )
    # Set once: a link whose device is gone since was cut by a user, and is not made anew.
    linked_at = models.DateTimeField(null=True, blank=True)
    value_at = models.DateTimeField(null=True, blank=True)
    # When it was described last; see `listed_at`.
    seen_at = models.DateTimeField()
    vanished_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)
    issues = models.JSONField(default=list, blank=True)
    # What its values by OBIS code are counted in, by dimension, with the evidence.
    calibrations = models.JSONField(default=dict, db_default={}, blank=True)

    objects = MeterLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "meter_id"], name="meter_link_once")
        ]

    def __str__(self) -> str:
        return self.reported_name or self.serial or str(self.meter_id)

    @property
    def trouble(self) -> str:
        """Say in plain words what is wrong with this meter; empty when nothing is."""
        if self.problem:
            return self.problem
        if self.vanished_at is not None:
            return "smart-me no longer lists this meter."
        return " ".join(f"{issue['member']}: {issue['detail']}" for issue in self.issues)

    @property
    def listed_at(self) -> datetime:
        """When the cloud last listed it: while it does, with each sync that goes well.

        So a meter of which there is nothing new costs no write.
        """
        synced_at = self.connection.last_success_at
        return self.seen_at if self.vanished_at or not synced_at else max(self.seen_at, synced_at)

    @property
    def is_cut(self) -> bool:
        """Say whether its device or gateway was deleted here by somebody."""
        return self.linked_at is not None and self.device_id is None and self.gateway_id is None


class SyncRun(BaseModel):
    """One attempt to sync a connection; it is on record before the call is made."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(
        max_length=16, choices=SyncTrigger.choices, default=SyncTrigger.SCHEDULE
    )
    outcome = models.CharField(
        max_length=16, choices=SyncOutcome.choices, default=SyncOutcome.RUNNING
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    meters = models.PositiveIntegerField(default=0)
    devices_created = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    issues = models.JSONField(default=list, blank=True)

    class Meta:
        # Serves the log of a connection, newest first, and the clean-up.
        indexes = [
            models.Index(fields=["connection", "-id"], name="sync_run_of_connection"),
            models.Index(fields=["started_at"], name="sync_run_started"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.started_at:%Y-%m-%d %H:%M:%S}"

    def duration_s(self, now: datetime) -> float:
        """Return how long the run took, or has been running."""
        return ((self.finished_at or now) - self.started_at).total_seconds()
