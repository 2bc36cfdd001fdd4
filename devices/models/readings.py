"""Readings: what points have measured. The tables are made by SQL; see docs/time-series.md."""

from django.db import models

from devices.choices import Quality


class AbstractReading(models.Model):
    """What both kinds of reading share; they hold no foreign key so that they can be spread."""

    pk = models.CompositePrimaryKey("point_id", "time")
    point_id = models.BigIntegerField()
    time = models.DateTimeField()
    quality = models.SmallIntegerField(choices=Quality.choices, default=Quality.GOOD)
    revision = models.SmallIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.point_id} {self.time}"


class Reading(AbstractReading):
    """A number, a yes or no (1 or 0) or an enum's stable number at a time."""

    value = models.FloatField()

    class Meta:
        managed = False
        db_table = "devices_reading"


class TextReading(AbstractReading):
    """A text at a time."""

    value = models.TextField()

    class Meta:
        managed = False
        db_table = "devices_reading_text"
