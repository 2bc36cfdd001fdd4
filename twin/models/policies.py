"""Policies of sites over time: loosening one opens nothing of the time already lived."""

from django.db import models

from config.lib.models import UUIDv7Model
from twin.choices import OccupiedView


class PolicyChange(UUIDv7Model):
    """What the keepers of a site read of its occupied flats was one thing before, another after.

    The site itself holds what counts now. Of a moment counts the tightest of all that was in force
    since then (docs/access.md, "Series").
    """

    site = models.ForeignKey("twin.Site", on_delete=models.CASCADE, related_name="policy_changes")
    at = models.DateTimeField()
    before = models.CharField(max_length=8, choices=OccupiedView.choices)
    after = models.CharField(max_length=8, choices=OccupiedView.choices)

    def __str__(self) -> str:
        return f"{self.before} until {self.at}"
