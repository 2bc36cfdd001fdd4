"""Rules of alarms: what should never be so, and how much it matters."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from config.lib.models import BaseModel
from devices.choices import AlarmCondition, AlarmScope, Severity
from devices.models.types import POINT_KEY
from twin.models.gates import PlacedQuerySet
from twin.rights import AreaSet, Level

DAY_S = 86_400


class AlarmRuleQuerySet(PlacedQuerySet):
    """Rules, seen and changed by those who may do so with what they watch over."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a rule visible; one that somebody made at home is theirs alone."""
        theirs = Q(owner=None) & super().visible_condition(principal)
        return theirs | self._own(principal)

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a rule changeable: people at home change their own."""
        theirs = Q(owner=None) & super().changeable_condition(principal, at_least)
        return theirs | self._own(principal)

    def _own(self, principal: Principal) -> Q:
        """Return what makes a rule one's own; who is no person has none."""
        own = Q(owner__isnull=False, owner=principal.user_id)
        return own & self.reached(principal, Level.CONTROL)

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return the condition of watching over one of the nodes."""
        return Q(target__in=areas.nodes)


class AlarmRule(BaseModel):
    """A condition on the devices of one place, view or fleet.

    ``target`` is the node watched over, or ``fleet``; site and space say where it stands, for the
    gate. A rule of a private home has no organisation. ``owner`` is who made it at home, without a
    right to change what it watches over: it is theirs, and so are its alarms. Which numbers a
    condition reads, and what they mean, is in docs/alarms.md.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alarm_rules",
        db_index=False,
    )
    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alarm_rules",
        db_index=False,
    )
    space = models.ForeignKey(
        "twin.Space", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    owner = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    scope = models.CharField(max_length=8, choices=AlarmScope.choices)
    target = models.ForeignKey(
        "twin.Node", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    fleet = models.ForeignKey(
        "devices.Fleet",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alarm_rules",
    )
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=64, blank=True, default="")
    type_key = models.CharField(max_length=100, blank=True, default="")
    point = models.CharField(max_length=64, blank=True, default="", validators=[POINT_KEY])
    condition = models.CharField(max_length=16, choices=AlarmCondition.choices)
    limit = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    hysteresis = models.FloatField(default=0, validators=[MinValueValidator(0)])
    delay_s = models.PositiveIntegerField(default=0)
    period_s = models.PositiveIntegerField(null=True, blank=True)
    night_from = models.TimeField(null=True, blank=True)
    night_until = models.TimeField(null=True, blank=True)
    # Readings that come later than this are stored, and raise nothing.
    late_s = models.PositiveIntegerField(default=DAY_S)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.WARNING)
    escalate_to = models.CharField(max_length=8, choices=Severity.choices, blank=True, default="")
    escalate_after_s = models.PositiveIntegerField(null=True, blank=True)
    mute = models.JSONField(default=list, blank=True)
    is_enabled = models.BooleanField(default=True)
    # When it was last worked out which devices the rule is about.
    synced_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AlarmRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope=AlarmScope.FLEET, fleet__isnull=False, target__isnull=True)
                | (~Q(scope=AlarmScope.FLEET) & Q(fleet__isnull=True, target__isnull=False)),
                name="alarm_rule_watches_one_thing",
            ),
        ]
        indexes = [
            # Serve the lists of an organisation and of a site in the order of age.
            models.Index(fields=["organisation", "id"], name="alarm_rule_of_organisation"),
            models.Index(fields=["site", "id"], name="alarm_rule_of_site"),
            # Serves the task that works out again which devices a rule is about.
            models.Index(
                fields=["synced_at"], condition=Q(is_enabled=True), name="alarm_rule_synced"
            ),
        ]

    def __str__(self) -> str:
        return self.name
