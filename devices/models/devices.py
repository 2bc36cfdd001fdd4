"""Devices: what measures and acts."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from devices.choices import ContactStatus
from twin.models.gates import PlacedQuerySet
from twin.models.nodes import NodeModel


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

    objects = PlacedQuerySet.as_manager()

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
