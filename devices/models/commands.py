"""Commands: what devices were asked to do, how each went, and batches of them."""

from typing import Any

from django.db import models
from django.db.models import Q

from accounts.choices import Resolution
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel
from devices.choices import OPEN_COMMANDS, BatchStatus, CommandStatus
from twin.models.gates import NOTHING, PlacedQuerySet
from twin.models.reach import Reach, reach_of
from twin.rights import AreaSet, Level, Way, area_set

LASTING = (Way.ORGANISATION, Way.MEMBERSHIP, Way.GRANT)


class CommandQuerySet(PlacedQuerySet):
    """Commands, seen by those with a right to where they were given.

    What people who live in a flat ask of its devices tells when they are at home: it is theirs
    alone. A successor sees nothing of before. Source: docs/access.md, "Commands".
    """

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a command visible."""
        reach = reach_of(principal)
        seen = self.inside(reach.areas(Level.SEE, ways=LASTING)) & Q(is_private=False)
        seen |= self.inside(reach.areas(Level.SEE, ways={Way.GATEWAY})) | self._at_home(reach)
        return seen & self._consented(reach, principal)

    def reportable_by(self, principal: Principal) -> "CommandQuerySet":
        """Return the commands of which the caller may tell the outcome: its gateway alone."""
        return self.filter(self.reached(principal, Level.SEE, ways={Way.GATEWAY}))

    def is_open(self) -> "CommandQuerySet":
        """Return the commands that have not come to an end."""
        return self.filter(status__in=OPEN_COMMANDS)

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return the condition of being a command to one of the devices."""
        return Q(device__in=areas.nodes)

    def at_gateways(self, areas: AreaSet) -> Q:
        """Return the condition of being a command to a device behind one of the gateways."""
        return Q(device__gateway__in=areas.gateways)

    def _at_home(self, reach: Reach) -> Q:
        condition = NOTHING
        for right in reach.rights:
            if right.way is Way.OCCUPANCY and right.is_current:
                since = Q(created_at__gte=right.since) if right.since else Q()
                condition |= self.inside(area_set([right.area])) & since
        return condition

    def _consented(self, reach: Reach, principal: Principal) -> Q:
        cut = reach.cut_areas()
        within = Q() if cut is None else self.inside(cut)
        return within & _on_terms(principal)


def _on_terms(principal: Principal) -> Q:
    """Return what the consent leaves of what was asked: its past, and where it is not fine enough
    to show every value, only what its application asked for itself.
    """
    condition, terms = Q(), principal.terms
    if terms and terms.history_from:
        condition &= Q(created_at__gte=terms.history_from)
    if terms and terms.resolution != Resolution.RAW:
        condition &= Q(application=principal.application_id)
    return condition


class BatchQuerySet(TenantQuerySet):
    """Batches of an organisation, as far as the consent goes back."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a batch visible."""
        return super().visible_condition(principal) & _on_terms(principal)


class CommandBatch(BaseModel):
    """One action asked of many devices, in waves; what stands in it is a command of its own.

    ``stop_at`` is the share of failures, from 0 to 1, beyond which no further wave starts.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    target = models.JSONField()
    action = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    status = models.CharField(
        max_length=16, choices=BatchStatus.choices, default=BatchStatus.RUNNING
    )
    expires_in = models.PositiveIntegerField()
    wave_size = models.PositiveIntegerField()
    wave = models.PositiveIntegerField(default=0)
    waves = models.PositiveIntegerField(default=0)
    stop_at = models.FloatField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=list, blank=True)
    user = models.UUIDField(null=True, blank=True)
    application = models.UUIDField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    # How many commands are in each state, where somebody counted them.
    commands_by_status: dict[str, int]

    class Meta:
        verbose_name = "batch of commands"
        verbose_name_plural = "batches of commands"
        indexes = [
            # Serves an organisation's list, newest first.
            models.Index(fields=["organisation", "-id"], name="command_batch_of_tenant"),
            # Serves the clock that starts waves.
            models.Index(
                fields=["id"], condition=Q(status="running"), name="command_batch_at_work"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.total}"


class Command(BaseModel):
    """An action asked of a device.

    ``organisation``, ``site`` and ``space`` are where the device stood when it was asked. The
    database lets ``status`` move forward alone and writes a step for each move.
    ``next_attempt_at`` is when a worker may send it, ``due_at`` when it ends by itself.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    site = models.UUIDField(null=True, blank=True)
    space = models.UUIDField(null=True, blank=True)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, related_name="commands", db_index=False
    )
    action = models.CharField(max_length=64)
    parameters: Any = models.JSONField(default=dict)
    reference = models.CharField(max_length=128, blank=True)
    status = models.CharField(
        max_length=20, choices=CommandStatus.choices, default=CommandStatus.QUEUED
    )
    result: Any = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)
    user = models.UUIDField(null=True, blank=True)
    application = models.UUIDField(null=True, blank=True)
    approved_by = models.UUIDField(null=True, blank=True)
    is_private = models.BooleanField(default=False)
    is_idempotent = models.BooleanField(default=False)
    transport = models.CharField(max_length=32)
    timeout_s = models.PositiveIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    batch = models.ForeignKey(
        CommandBatch,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="commands",
        db_index=False,
    )
    wave = models.PositiveIntegerField(default=0)
    is_held = models.BooleanField(default=False)

    objects = CommandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "application", "user", "reference"],
                nulls_distinct=False,
                condition=~Q(reference=""),
                name="command_reference_once",
            )
        ]
        indexes = [
            # Serve the lists, newest first: of an organisation, a site, a device.
            models.Index(fields=["organisation", "-id"], name="command_of_organisation"),
            models.Index(fields=["site", "-id"], name="command_of_site"),
            models.Index(fields=["device", "-id"], name="command_of_device"),
            # Serves what waits for a gateway, and interlocks.
            models.Index(
                fields=["device", "id"],
                condition=Q(status__in=OPEN_COMMANDS),
                name="command_open_of_device",
            ),
            # Serve the clock: what may be sent, and what is due to end.
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="command_to_send",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False, status__in=OPEN_COMMANDS),
                name="command_due",
            ),
            # Serves the progress of a batch and its next wave.
            models.Index(
                fields=["batch", "wave", "status"],
                condition=Q(batch__isnull=False),
                name="command_of_batch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.status}"

    @property
    def is_over(self) -> bool:
        """Say whether the command has come to an end."""
        return self.status not in OPEN_COMMANDS


class CommandStep(models.Model):
    """A move of a command, written by the database at the moment of the move."""

    id = models.BigAutoField(primary_key=True)
    command = models.ForeignKey(
        Command, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    status = models.CharField(max_length=20, choices=CommandStatus.choices)
    attempt = models.PositiveIntegerField()
    at = models.DateTimeField()
    reason = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        verbose_name = "step of a command"
        verbose_name_plural = "steps of commands"
        # Serves the steps of a command, in their order.
        indexes = [models.Index(fields=["command", "id"], name="command_step_of_command")]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M:%S}"
