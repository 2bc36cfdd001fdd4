"""Rollups: readings summed up in buckets. The tables are made by SQL; see docs/time-series.md."""

from django.db import models


class Rollup(models.Model):
    """What the readings of one point in one bucket come to."""

    pk = models.CompositePrimaryKey("point_id", "resolution", "bucket")
    point_id = models.BigIntegerField()
    resolution = models.SmallIntegerField()
    bucket = models.DateTimeField()
    count = models.IntegerField()
    sum = models.FloatField(null=True)
    min = models.FloatField(null=True)
    max = models.FloatField(null=True)
    first = models.FloatField(null=True)
    last = models.FloatField(null=True)
    first_time = models.DateTimeField(null=True)
    last_time = models.DateTimeField(null=True)
    delta = models.FloatField(null=True)
    flags = models.IntegerField(default=0)
    before = models.DateTimeField(null=True)
    covered = models.FloatField(null=True)
    # Of states with more than one value: the seconds of each between first and last reading.
    held = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "devices_rollup"

    def __str__(self) -> str:
        return f"{self.point_id} {self.resolution} {self.bucket}"


class RollupMark(models.Model):
    """A quarter hour of a point whose readings changed since it was last summed up."""

    pk = models.CompositePrimaryKey("point_id", "bucket")
    point_id = models.BigIntegerField()
    bucket = models.DateTimeField()
    marks = models.IntegerField(default=1)

    class Meta:
        managed = False
        db_table = "devices_rollup_dirty"

    def __str__(self) -> str:
        return f"{self.point_id} {self.bucket}"
