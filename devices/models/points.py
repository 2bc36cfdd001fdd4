"""Points: the data of one device, each with its latest value."""

from django.db import models

from devices.choices import Quality


class Point(models.Model):
    """One datum of one device; readings are keyed by its small number.

    The latest values are kept here by ``record_readings`` alone and only move forward in time. No
    index covers them, so that an update rewrites no index (the table keeps room for it).
    """

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, related_name="points", db_index=False
    )
    type = models.ForeignKey(
        "devices.PointType", on_delete=models.RESTRICT, related_name="points", db_index=False
    )
    last_value = models.FloatField(null=True, blank=True)
    last_text = models.TextField(null=True, blank=True)  # noqa: DJ001 (null: nothing yet)
    last_time = models.DateTimeField(null=True, blank=True)
    last_quality = models.SmallIntegerField(choices=Quality.choices, null=True, blank=True)
    # Where this counter starts again from zero, if not where its type says.
    counter_width = models.FloatField(null=True, blank=True)
    # The clocks that its stored hours, days and months follow; empty before there are any.
    rollup_zones = models.TextField(default="", blank=True, editable=False, db_default="")
    # Its single readings before this moment went by retention: no later ones may join them.
    raw_from = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "type"], name="point_type_once")]

    def __str__(self) -> str:
        return f"{self.type_id} of {self.device_id}"
