"""Gateways: what gives access to the devices behind it."""

from collections.abc import Iterator

from django.db import models
from django.db.models import Q

from accounts.principals import Principal
from devices.choices import AssetStatus, ContactStatus
from twin.models.gates import PlacedQuerySet
from twin.models.nodes import NodeModel
from twin.rights import Area, AreaSet, Level, Right, Way


class GatewayQuerySet(PlacedQuerySet):
    """Gateways; one's own token sees it."""

    def at_gateways(self, areas: AreaSet) -> Q:
        """Return the condition of being one of the gateways."""
        return Q(pk__in=areas.gateways)


class Gateway(NodeModel):
    """A box at a site, or a cloud's own hub, through which devices are reached.

    ``application`` holds the credentials that it got by its activation.
    """

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
    application = models.OneToOneField(
        "accounts.Application",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.CharField(max_length=200)
    status = models.CharField(
        max_length=16, choices=ContactStatus.choices, default=ContactStatus.UNKNOWN
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        # Serve the lists of an organisation and of a site in the order of age.
        indexes = [
            models.Index(fields=["organisation", "node"], name="gateway_of_organisation"),
            models.Index(fields=["site", "node"], name="gateway_of_site"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_credentials(self) -> bool:
        """Say whether the gateway may log in by itself."""
        return self.application_id is not None


def rights_of_gateway(principal: Principal) -> Iterator[Right]:
    """Return what a gateway's token reaches: the gateway and the devices behind it, as long as its
    asset may be used (one query).
    """
    own = Q(application=principal.application_id, asset__status=AssetStatus.ACTIVE)
    rows = Gateway.objects.filter(own)
    for key in rows.values_list("pk", flat=True):
        yield Right(Way.GATEWAY, Level.SEE, Area(gateway=key), key)
