"""Devices: what measures and acts."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from accounts.choices import OrganisationRole
from accounts.principals import Principal
from devices.choices import ContactStatus
from devices.models.placements import Placement
from twin.models.gates import PlacedQuerySet
from twin.models.nodes import NodeModel
from twin.models.reach import reach_of
from twin.rights import AreaSet, Level, Way


class DeviceQuerySet(PlacedQuerySet):
    """Devices; their series are also open to those with a right to where they once stood."""

    def readable_by(self, principal: Principal) -> Self:
        """Return the devices of whose series the caller may read anything: those they see, and
        those that stood in their reach at a time that is open to them. How finely, windows say.
        """
        condition = self.visible_condition(principal)
        stood = Placement.objects.within_reach(reach_of(principal))
        if stood is not None:
            condition |= Q(pk__in=stood.values("device"))
        return self.filter(condition)

    def at_gateways(self, areas: AreaSet) -> Q:
        """Return the condition of being behind one of the gateways."""
        return Q(gateway__in=areas.gateways)

    def recordable_by(self, principal: Principal) -> Self:
        """Return the devices of which the caller may record readings: those they may change, those
        behind the gateway that the caller is, and those that a resident claimed of what the
        caller's organisation declared, whose readings it may send and not read.
        """
        behind = self.reached(principal, Level.SEE, ways={Way.GATEWAY})
        own = principal.organisations(OrganisationRole.OPERATOR)
        declared = Q(organisation__isnull=True, asset__organisation__in=own) if own else Q()
        changeable = self.changeable_condition(principal, OrganisationRole.OPERATOR)
        return self.filter(changeable | behind | declared)


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
            # Serves rules across an organisation that ask for rare categories or types.
            models.Index(fields=["organisation", "type", "node"], name="device_type_of_tenant"),
            # Serves ?tag=key:value.
            GinIndex(fields=["tags"], opclasses=["jsonb_path_ops"], name="device_tags"),
            # Serves ?q= over names.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="device_name_words"),
        ]

    def __str__(self) -> str:
        return self.name
