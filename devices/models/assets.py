"""Assets: what an organisation has declared before it may reach the platform."""

from django.db import models

from accounts.tenancy import TenantQuerySet
from devices.choices import AssetRole, AssetStatus
from twin.models.nodes import NodeModel


class Asset(NodeModel):
    """A device or gateway on the allow-list of an organisation.

    The serial is exact text: leading zeros and digits beyond 2^53 count. The claim code is shown
    once, to who declares the asset; only its digest is kept. It brings one thing into use, once.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="assets", db_index=False
    )
    fleet = models.ForeignKey(
        "devices.Fleet", on_delete=models.RESTRICT, related_name="assets", db_index=False
    )
    role = models.CharField(max_length=16, choices=AssetRole.choices, default=AssetRole.DEVICE)
    manufacturer = models.CharField(max_length=200)
    model = models.CharField(max_length=200, blank=True)
    serial = models.CharField(max_length=200)
    claim_code_digest = models.CharField(max_length=64, unique=True, editable=False)
    status = models.CharField(
        max_length=16, choices=AssetStatus.choices, default=AssetStatus.DECLARED
    )
    # Why the status is what it is, in the words of whoever set it.
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    # When the claim code was spent; null while it can still be used.
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "manufacturer", "serial"], name="asset_serial_once"
            )
        ]
        # Serve the list of an organisation, of a fleet, and ?serial=, all in the order of age.
        indexes = [
            models.Index(fields=["organisation", "node"], name="asset_of_organisation"),
            models.Index(fields=["fleet", "node"], name="asset_of_fleet"),
            models.Index(fields=["serial"], name="asset_serial"),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.serial}"

    @property
    def is_usable(self) -> bool:
        """Say whether the asset may come into use: neither suspended nor retired."""
        return self.status in {AssetStatus.DECLARED, AssetStatus.ACTIVE}
