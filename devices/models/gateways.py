"""Gateways: what gives access to the devices behind it."""

from django.db import models

from devices.choices import ContactStatus
from twin.models.gates import PlacedQuerySet
from twin.models.nodes import NodeModel


class Gateway(NodeModel):
    """A box at a site, or a cloud's own hub, through which devices are reached."""

    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="gateways",
        db_index=False,
    )
    asset = models.OneToOneField("devices.Asset", on_delete=models.RESTRICT, related_name="gateway")
    site = models.ForeignKey(
        "twin.Site",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="gateways",
        db_index=False,
    )
    space = models.ForeignKey(
        "twin.Space", on_delete=models.RESTRICT, null=True, blank=True, related_name="gateways"
    )
    name = models.CharField(max_length=200)
    status = models.CharField(
        max_length=16, choices=ContactStatus.choices, default=ContactStatus.UNKNOWN
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        # Serve the lists of an organisation and of a site in the order of age.
        indexes = [
            models.Index(fields=["organisation", "node"], name="gateway_of_organisation"),
            models.Index(fields=["site", "node"], name="gateway_of_site"),
        ]

    def __str__(self) -> str:
        return self.name
