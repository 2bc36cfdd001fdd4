"""Device types keep each version; the database holds that a published one never changes."""

import django.db.models.deletion
from django.db import migrations, models

import config.lib.ids

FORWARDS = """
CREATE FUNCTION devices_keep_type_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of device type % is published: it never changes', OLD.number,
        OLD.device_type_id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER devices_keep_type_version BEFORE UPDATE ON devices_devicetypeversion
    FOR EACH ROW EXECUTE FUNCTION devices_keep_type_version();
"""
BACKWARDS = """
DROP TRIGGER devices_keep_type_version ON devices_devicetypeversion;
DROP FUNCTION devices_keep_type_version();
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0019_rollup_days")]
    operations = [
        migrations.CreateModel(
            name="DeviceTypeVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=config.lib.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                (
                    "device_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="devices.devicetype",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("device_type", "number"), name="device_type_version_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
