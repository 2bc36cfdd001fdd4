"""Placements: where each device stood, and when."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from config.lib.models import BaseModel


class Placement(BaseModel):
    """A device at a place for a time; the open one is where it stands now.

    Past placements name sites and spaces that may have gone since, so that old sums can still be
    explained: these two columns hold no constraint of the database.
    """

    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, related_name="placements"
    )
    site = models.ForeignKey(
        "twin.Site", on_delete=models.DO_NOTHING, db_constraint=False, related_name="placements"
    )
    space = models.ForeignKey(
        "twin.Space",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="placements",
    )
    period = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="placement_one_at_a_time",
                expressions=[
                    ("device", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.period}"
