"""Desired values of settings, under audit."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

OF_DEVICE = """(SELECT d.{column} FROM devices_point p JOIN devices_device d ON d.id = p.device_id
    WHERE p.id = r.point_id)"""


class Migration(migrations.Migration):
    """Makes the table, which is empty, and audits who wanted what."""

    dependencies = [("devices", "0011_offline_after")]
    operations = [
        migrations.CreateModel(
            name="DesiredValue",
            fields=[
                (
                    "point",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="desired",
                        serialize=False,
                        to="devices.point",
                    ),
                ),
                ("value", models.FloatField(blank=True, null=True)),
                ("text", models.TextField(blank=True, null=True)),
                ("requested_at", models.DateTimeField()),
            ],
        ),
        AuditTable(
            "devices_desiredvalue",
            "desired value",
            recorded=("point_id", "value", "text"),
            ignored=("requested_at",),
            key="point_id",
            organisation=OF_DEVICE.format(column="organisation_id"),
            site=OF_DEVICE.format(column="site_id"),
            events=("insert", "update"),
        ),
    ]
