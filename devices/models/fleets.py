"""Fleets: the devices that an organisation manages."""

from django.db import models

from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel


class Fleet(BaseModel):
    """A named lot of assets of one organisation."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="fleets"
    )
    name = models.CharField(max_length=200)

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
