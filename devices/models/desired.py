"""Desired values: what a setting shall be, beside what the device says it is."""

from django.db import models

from devices.models.points import Point


class DesiredValue(models.Model):
    """The value that somebody wants a configuration point to have, and since when.

    The device reports by readings; whether it has followed is seen by comparing the two.
    """

    point = models.OneToOneField(
        Point, on_delete=models.CASCADE, primary_key=True, related_name="desired"
    )
    value = models.FloatField(null=True, blank=True)
    text = models.TextField(null=True, blank=True)  # noqa: DJ001 (null: the point is no text)
    requested_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"desired of {self.point_id}"
