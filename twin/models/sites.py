"""Sites: homes and buildings."""

from django.db import models

from accounts.tenancy import TenantQuerySet
from twin.models.nodes import NodeModel


class Site(NodeModel):
    """A home or a building; a private home has no organisation."""

    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="sites",
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    address = models.JSONField(default=dict, blank=True)

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
