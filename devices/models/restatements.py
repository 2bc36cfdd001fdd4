"""Closed consumption: what was told of days and months that are over, and what became of it."""

from django.db import models

from config.lib.models import BaseModel
from devices.choices import RestatementReason
from devices.models.metering import MeteringPoint

INTERVALS = [("1d", "Day"), ("1mo", "Month")]


class Closing(models.Model):
    """Until when a metering point's days and months are closed, and by whose clock."""

    metering_point = models.OneToOneField(
        MeteringPoint, on_delete=models.CASCADE, primary_key=True, related_name="closing"
    )
    until = models.DateTimeField()
    zone = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.metering_point_id} {self.until}"


class ClosedSum(models.Model):
    """What was last told of a closed day or month; one without a value has no row."""

    id = models.BigAutoField(primary_key=True)
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    interval = models.CharField(max_length=4, choices=INTERVALS)
    start = models.DateTimeField()
    value = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point", "interval", "start"], name="closed_sum_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metering_point_id} {self.interval} {self.start}"


class ClosedCheck(models.Model):
    """A note that what is closed since a time may be another one now."""

    id = models.BigAutoField(primary_key=True)
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    since = models.DateTimeField()
    reason = models.CharField(max_length=16, choices=RestatementReason.choices)

    def __str__(self) -> str:
        return f"{self.metering_point_id} {self.since}"


class Restatement(BaseModel):
    """A closed day or month whose consumption is another one than was told; null is none."""

    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.CASCADE, related_name="restatements", db_index=False
    )
    interval = models.CharField(max_length=4, choices=INTERVALS)
    start = models.DateTimeField()
    end = models.DateTimeField()
    before = models.FloatField(null=True, blank=True)
    after = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=16, choices=RestatementReason.choices)

    class Meta:
        indexes = [
            # Serves the list of a metering point, page by page.
            models.Index(fields=["metering_point", "id"], name="restatement_of_point")
        ]

    def __str__(self) -> str:
        return f"{self.metering_point_id} {self.interval} {self.start}"
