"""Versions of device types: each as it was published, beside the ones before and after."""

from django.db import models

from accounts.principals import Principal
from config.lib.models import BaseModel
from devices.models.types import DeviceType


class DeviceTypeVersionQuerySet(models.QuerySet["DeviceTypeVersion"]):
    """Versions: visible with their type."""

    def visible_to(self, principal: Principal) -> "DeviceTypeVersionQuerySet":
        """Return the versions of the types that the caller may see."""
        return self.filter(device_type__in=DeviceType.objects.visible_to(principal))


class DeviceTypeVersion(BaseModel):
    """A device type as it was published under a number; the database never lets it change.

    ``document`` is the whole type in the catalogue's own format: what an export gives and an import
    takes. The newest one says what the rows of points and actions say.
    """

    device_type = models.ForeignKey(
        DeviceType, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    document = models.JSONField()

    objects = DeviceTypeVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also serves the list of a type's versions.
            models.UniqueConstraint(
                fields=["device_type", "number"], name="device_type_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_type_id}@{self.number}"
