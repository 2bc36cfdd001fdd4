"""Retention: how long an organisation keeps every single reading."""

from django.core.validators import MinValueValidator
from django.db import models

from accounts.tenancy import TenantQuerySet
from config.lib.models import BaseModel
from devices.choices import PointKind

# Ingest looks for what is too late only where it can be.
LEAST_DAYS = 31


class RetentionRule(BaseModel):
    """For how many days readings of a kind of point are kept; without a rule, for ever.

    Sums in quarter hours, hours, days and months stay in any case.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=16, choices=PointKind.choices)
    raw_days = models.PositiveIntegerField(validators=[MinValueValidator(LEAST_DAYS)])

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kind"], name="retention_rule_once"),
            models.CheckConstraint(
                condition=models.Q(raw_days__gte=LEAST_DAYS), name="retention_rule_least"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.raw_days} days"
