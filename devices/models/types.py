"""The catalogue: kinds of device, what each measures, shows, takes as setting and can do."""

from typing import Any, Self

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel
from devices.choices import Nature, PointKind, ValueType

TYPE_KEY = RegexValidator(r"^[a-z0-9]+(?:[.-][a-z0-9]+)*$", "Write lower-case words with dashes.")
POINT_KEY = RegexValidator(r"^[a-z][a-z0-9_]*$", "Write lower-case words with underscores.")

# Most meters send every quarter of an hour; one hour forgives a few lost messages.
OFFLINE_AFTER_S = 3_600


class DeviceTypeQuerySet(TenantQuerySet):
    """Types: the shipped ones belong to all, the others to their organisation."""

    def visible_condition(self, principal: Principal) -> Q:
        """Return what makes a type visible."""
        own = super().visible_condition(principal)
        return own | Q(organisation__isnull=True)

    def changeable_condition(self, principal: Principal, at_least: OrganisationRole) -> Q:
        """Return what makes a type changeable: shipped ones are changed by a release alone."""
        return Q(organisation__in=principal.organisations(at_least))

    def usable_by(self, organisation: Any) -> Self:
        """Return the types that devices of the organisation may have, its own ones first."""
        usable = self.filter(Q(organisation=organisation) | Q(organisation__isnull=True))
        return usable.order_by(F("organisation").asc(nulls_last=True), "key")


class DeviceType(BaseModel):
    """A kind of device: its points and the actions it can be asked for.

    Shipped types have no organisation; an organisation's own type of the same key goes before.
    """

    key = models.CharField(max_length=100, validators=[TYPE_KEY])
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="device_types",
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    manufacturer = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=64, validators=[TYPE_KEY])
    ontology = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    # After so long a silence a device counts as offline.
    offline_after_s = models.PositiveIntegerField(
        default=OFFLINE_AFTER_S, db_default=OFFLINE_AFTER_S, validators=[MinValueValidator(60)]
    )

    objects = DeviceTypeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key"], nulls_distinct=False, name="device_type_key_once"
            )
        ]
        # Serves ?category=.
        indexes = [models.Index(fields=["category"], name="device_type_category")]

    def __str__(self) -> str:
        return self.name


class PointType(BaseModel):
    """One datum of a kind of device: a measurement, a status or a setting."""

    device_type = models.ForeignKey(DeviceType, on_delete=models.CASCADE, related_name="points")
    key = models.CharField(max_length=64, validators=[POINT_KEY])
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=PointKind.choices, default=PointKind.MEASUREMENT)
    value_type = models.CharField(
        max_length=16, choices=ValueType.choices, default=ValueType.NUMBER
    )
    unit = models.CharField(max_length=32, blank=True, help_text="UCUM code; empty unless a number")
    nature = models.CharField(max_length=16, choices=Nature.choices, default=Nature.GAUGE)
    # Where a counter starts again from zero: 1000000 for six digits before the point.
    counter_width = models.FloatField(null=True, blank=True)
    obis = models.CharField(max_length=32, blank=True)
    ontology = models.CharField(max_length=200, blank=True)
    writable = models.BooleanField(default=False)
    # Another value for a moment that has one is refused, instead of taking its place.
    keeps_first = models.BooleanField(default=False, db_default=False)
    # An enum's stable numbers, as text, and their labels: {"0": "closed", "1": "open"}.
    labels = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["device_type", "key"], name="point_type_key_once"),
            models.CheckConstraint(
                condition=~Q(nature=Nature.COUNTER) | Q(value_type=ValueType.NUMBER),
                name="point_type_counter_is_number",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ActionType(BaseModel):
    """One deed that a kind of device can be asked for."""

    device_type = models.ForeignKey(DeviceType, on_delete=models.CASCADE, related_name="actions")
    key = models.CharField(max_length=64, validators=[POINT_KEY])
    name = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict, blank=True, help_text="JSON Schema")
    result = models.JSONField(default=dict, blank=True, help_text="JSON Schema")
    timeout_s = models.PositiveIntegerField(default=60)
    # Done twice it has the effect of once: it may be sent again when no answer came.
    is_idempotent = models.BooleanField(default=False, db_default=False)
    needs_approval = models.BooleanField(default=False, db_default=False)
    # What keeps the device from harm; docs/models/devices/command.md has the rules.
    interlocks = models.JSONField(default=dict, blank=True, db_default={})

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["device_type", "key"], name="action_type_key_once")
        ]

    def __str__(self) -> str:
        return self.name
