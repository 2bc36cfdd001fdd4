"""Occupancies: who lives in which flat, and when."""

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils import timezone

from config.lib.models import BaseModel
from twin.models.access import AccessQuerySet
from twin.models.gates import standing_within
from twin.rights import AreaSet


class OccupancyQuerySet(AccessQuerySet):
    """Occupancies: seen by the keepers of the building, and by the person as their own."""

    def current(self, at: datetime | None = None) -> Self:
        """Return those of people who live there, now unless stated."""
        return self.filter(period__contains=at or timezone.now())

    def at_nodes(self, areas: AreaSet) -> Q:
        """Return the condition of being of one of the nodes."""
        return Q(space__in=areas.nodes)

    def in_subtrees(self, areas: AreaSet) -> Q:
        """Return the condition of living in one of the subtrees."""
        return standing_within(areas, "space")


class Occupancy(BaseModel):
    """A person lives in a space for a time: the right to the flat's data is tied to it.

    Several people may live in one flat. Once ``sealed_at`` is set the period never changes again.
    ``closed_until`` is set where an end was put on record after the fact: the time from the end
    until then stays closed to all, so that nobody opens lived time by ending it backwards.
    """

    space = models.ForeignKey("twin.Space", on_delete=models.CASCADE, related_name="occupancies")
    site = models.ForeignKey("twin.Site", on_delete=models.CASCADE, related_name="occupancies")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="occupancies")
    period = DateTimeRangeField()
    sealed_at = models.DateTimeField(null=True, blank=True)
    closed_until = models.DateTimeField(null=True, blank=True)

    objects = OccupancyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "occupancies"
        constraints = [
            ExclusionConstraint(
                name="occupancy_once_at_a_time",
                expressions=[
                    ("space", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(period__startswith__isnull=False, period__isempty=False),
                name="occupancy_has_a_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.space}"

    @property
    def starts_at(self) -> Any:
        """Return the moment of moving in."""
        return self.period.lower

    @property
    def ends_at(self) -> Any:
        """Return the moment of moving out, None as long as it is not known."""
        return self.period.upper
