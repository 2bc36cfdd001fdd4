"""Alarms: what was raised, who acknowledged it, when it cleared; and what watches for them."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from accounts.choices import Resolution
from accounts.principals import Principal
from config.lib.models import BaseModel
from devices.choices import (
    AlarmCondition,
    AlarmStatus,
    ClearReason,
    Severity,
    WatchPhase,
)
from twin.models.gates import SiteTenantQuerySet
from twin.models.reach import reach_of
from twin.rights import AreaSet, Level, Right, Way

LASTING = tuple(way for way in Way if way is not Way.OCCUPANCY)
# Somebody lived there while the alarm was open; or nobody knows, since the place has gone.
CLOSED_SQL = """(EXISTS (
    SELECT 1 FROM twin_occupancy o WHERE o.space_id = ANY(devices_alarm.spaces)
    AND tstzrange(lower(o.period), coalesce(o.closed_until, upper(o.period)))
        && tstzrange(devices_alarm.began_at,
            greatest(devices_alarm.began_at, coalesce(devices_alarm.cleared_at, now())), '[]')
) OR EXISTS (
    SELECT 1 FROM unnest(devices_alarm.spaces) gone
    WHERE NOT EXISTS (SELECT 1 FROM twin_space s WHERE s.id = gone)
))"""
# The site has shown everything of occupied flats ever since.
OPENED_SQL = """EXISTS (
    SELECT 1 FROM twin_site t WHERE t.id = devices_alarm.site_id AND t.occupied_view = 'raw'
    AND NOT EXISTS (SELECT 1 FROM twin_policychange c
        WHERE c.site_id = t.id AND c.before <> 'raw' AND c.at > devices_alarm.began_at)
)"""


def _is(sql: str) -> Q:
    return Q(RawSQL(sql, (), output_field=BooleanField()))  # noqa: S611 (no value in it)


class AlarmQuerySet(SiteTenantQuerySet):
    """Alarms, seen like the events of measurements; its conditions name the table.

    An alarm belongs to the place where its device stood when it began. One that tells of what was
    measured in an occupied flat is for its occupants; that something is silent, or that a detector
    warns, is shown to all who see the device. Source: docs/access.md, "Alarms".
    """

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes an alarm visible."""
        return self._reached(principal, Level.SEE)

    def changeable_condition(self, principal: Principal, at_least: object) -> Q:
        """Return what makes an alarm one that the caller may acknowledge: who may operate it."""
        return self._reached(principal, Level.CONTROL)

    def open(self) -> Self:
        """Return the alarms that are not over."""
        return self.exclude(status=AlarmStatus.CLEARED)

    def _reached(self, principal: Principal, level: Level) -> Q:
        reach, terms = reach_of(principal), principal.terms
        is_open = ~_is(CLOSED_SQL) | _is(OPENED_SQL)
        found = self.inside(reach.areas(level, ways=LASTING)) & (Q(is_measured=False) | is_open)
        for right in reach.rights:
            if right.way is Way.OCCUPANCY and right.level >= level:
                found |= _at_home(right)
        # What somebody watches over at home is told to them alone.
        found &= Q(owner=None) | Q(owner=principal.user_id)
        cut = reach.cut_areas()
        if cut is not None:
            found &= self.inside(cut)
        if terms and terms.history_from:
            found &= Q(began_at__gte=terms.history_from)
        if terms and terms.resolution != Resolution.RAW:
            found &= Q(is_measured=False)
        return found

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition that the device stood in one of the subtrees."""
        return Q(site__in=areas.partial_sites, spaces__overlap=list(areas.spaces))

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return the condition of being of one of the nodes."""
        return Q(node__in=areas.nodes)

    def at_gateways(self, areas: AreaSet) -> Q:
        """Return the condition of being of one of the gateways or of a device behind one."""
        return Q(node__in=areas.gateways) | Q(node__as_device__gateway__in=areas.gateways)


def _at_home(right: Right) -> Q:
    """Return what an occupancy opens: what began, and ended, in its own time."""
    condition = Q(site=right.area.site, spaces__overlap=[right.area.space])
    condition &= Q(began_at__gte=right.since)
    if right.until is not None:
        is_over = Q(cleared_at__lt=right.until) | Q(cleared_at=None, raised_at__lt=right.until)
        condition &= Q(began_at__lt=right.until) & is_over
    return condition


class Alarm(BaseModel):
    """Something that should not be, from when it began until it was over.

    One is open for each rule and device, point or gateway at a time. ``folded`` is how many
    devices behind a silent gateway it stands for. It outlives its rule, whose name it keeps.
    """

    rule = models.ForeignKey(
        "devices.AlarmRule", on_delete=models.SET_NULL, null=True, related_name="alarms"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alarms",
        db_index=False,
    )
    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="alarms",
        db_index=False,
    )
    # The spaces from the root to where the device stood when the alarm was raised.
    spaces = ArrayField(models.UUIDField(), default=list, blank=True)
    node = models.ForeignKey("twin.Node", on_delete=models.CASCADE, related_name="+")
    # Who made the rule at home; null for rules of those who keep the place.
    owner = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    point = models.ForeignKey(
        "devices.Point", on_delete=models.CASCADE, null=True, blank=True, related_name="alarms"
    )
    name = models.CharField(max_length=200)
    condition = models.CharField(max_length=16, choices=AlarmCondition.choices)
    is_measured = models.BooleanField()
    severity = models.CharField(max_length=8, choices=Severity.choices)
    status = models.CharField(
        max_length=16, choices=AlarmStatus.choices, default=AlarmStatus.RAISED
    )
    value = models.FloatField(null=True, blank=True)
    folded = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    escalates_at = models.DateTimeField(null=True, blank=True)
    escalate_to = models.CharField(max_length=8, choices=Severity.choices, blank=True, default="")
    escalated_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(blank=True, default="", max_length=2_000)
    cleared_at = models.DateTimeField(null=True, blank=True)
    clear_reason = models.CharField(
        max_length=16, choices=ClearReason.choices, blank=True, default=""
    )

    objects = AlarmQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "node", "point"],
                condition=~Q(status=AlarmStatus.CLEARED),
                nulls_distinct=False,
                name="alarm_open_once",
            ),
            models.CheckConstraint(
                condition=Q(status=AlarmStatus.CLEARED, cleared_at__isnull=False)
                | (~Q(status=AlarmStatus.CLEARED) & Q(cleared_at__isnull=True)),
                name="alarm_cleared_with_its_time",
            ),
        ]
        indexes = [
            # Serve the lists of an organisation and of a site, newest last, and those still open.
            models.Index(fields=["organisation", "id"], name="alarm_of_organisation"),
            models.Index(fields=["site", "id"], name="alarm_of_site"),
            models.Index(
                fields=["organisation", "status", "id"],
                condition=~Q(status=AlarmStatus.CLEARED),
                name="alarm_still_open",
            ),
            # Serves the task that escalates.
            models.Index(
                fields=["escalates_at"],
                condition=Q(status=AlarmStatus.RAISED, escalates_at__isnull=False),
                name="alarm_to_escalate",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlarmWatch(models.Model):
    """One rule's eye on one point, or on the contact of one device.

    ``due_at`` is when the clock alone may change its phase; ``seen_until`` how far its readings
    were looked at; ``is_fed`` whether news of the device is to be looked at at all.
    """

    id = models.BigAutoField(primary_key=True)
    # The constraint begins with the rule; each index less is a write less when a time moves on.
    rule = models.ForeignKey(
        "devices.AlarmRule", on_delete=models.CASCADE, related_name="watches", db_index=False
    )
    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    point = models.ForeignKey(
        "devices.Point", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    is_fed = models.BooleanField()
    phase = models.SmallIntegerField(choices=WatchPhase.choices, default=WatchPhase.CALM)
    since = models.DateTimeField(null=True, blank=True)
    value = models.FloatField(null=True, blank=True)
    level = models.FloatField(null=True, blank=True)
    seen_until = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "alarm watches"
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "device", "point"], nulls_distinct=False, name="alarm_watch_once"
            )
        ]
        indexes = [
            # Serves the marks that ingest leaves; covers what it asks.
            models.Index(fields=["device"], include=["is_fed"], name="alarm_watch_of_device"),
            # Serves the sweep: only what is due.
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="alarm_watch_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.device_id} {self.point_id}"


class AlarmMark(models.Model):
    """There is news of a device: readings or contact, or that it stands elsewhere now.

    Only ever added and taken away, without a constraint, so that no writer waits for another.
    """

    id = models.BigAutoField(primary_key=True)
    device_id = models.UUIDField()
    is_moved = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return str(self.device_id)
