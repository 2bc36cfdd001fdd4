"""Devices: what measures and acts."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper

from accounts.principals import Principal
from devices.choices import ContactStatus
from devices.models.placements import Placement
from twin.models.gates import PlacedQuerySet
from twin.models.nodes import NodeModel
from twin.models.reach import reach_of
from twin.rights import Right


class DeviceQuerySet(PlacedQuerySet):
    """Devices; their series are also open to whoever lived where they stood."""

    def readable_by(self, principal: Principal) -> Self:
        """Return the devices of whose series the caller may read anything: those they see, and
        those that stood where they lived, at that time. When and how finely, see windows.
        """
        condition = self.visible_condition(principal)
        for right in reach_of(principal).past_occupancies():
            condition |= Q(pk__in=_stood_there(right).values("device"))
        return self.filter(condition)


def _stood_there(right: Right) -> models.QuerySet[Placement]:
    """Return the placements in a flat during its occupancy; a device's first one counts as having
    begun before (docs/access.md, "Series").
    """
    earlier = Placement.objects.filter(
        device=OuterRef("device"), period__startswith__lt=OuterRef("period__startswith")
    )
    return Placement.objects.filter(
        Q(period__upper_inf=True) | Q(period__endswith__gt=right.since),
        Q(period__startswith__lt=right.until) | ~Exists(earlier),
        space__path__within=[right.area.path],
    )


class Device(NodeModel):
    """A meter, sensor or actor that came into use by its asset.

    ``name`` is the users' own and no integration changes it; ``reported_name`` is what the maker's
    cloud calls the device. A device of a private home has no organisation.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="devices",
        db_index=False,
    )
    type = models.ForeignKey(
        "devices.DeviceType", on_delete=models.RESTRICT, related_name="devices"
    )
    asset = models.OneToOneField("devices.Asset", on_delete=models.RESTRICT, related_name="device")
    fleet = models.ForeignKey(
        "devices.Fleet", on_delete=models.RESTRICT, related_name="devices", db_index=False
    )
    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="devices",
        db_index=False,
    )
    space = models.ForeignKey(
        "twin.Space", on_delete=models.RESTRICT, null=True, blank=True, related_name="devices"
    )
    gateway = models.ForeignKey(
        "devices.Gateway",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="devices",
    )
    name = models.CharField(max_length=200)
    reported_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=16, choices=ContactStatus.choices, default=ContactStatus.UNKNOWN
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    tags = models.JSONField(default=dict, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        indexes = [
            # Serve the lists of an organisation, a site and a fleet in the order of age.
            models.Index(fields=["organisation", "node"], name="device_of_organisation"),
            models.Index(fields=["site", "node"], name="device_of_site"),
            models.Index(fields=["fleet", "node"], name="device_of_fleet"),
            # Serves ?tag=key:value.
            GinIndex(fields=["tags"], opclasses=["jsonb_path_ops"], name="device_tags"),
            # Serves ?q= over names.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="device_name_words"),
        ]

    def __str__(self) -> str:
        return self.name
