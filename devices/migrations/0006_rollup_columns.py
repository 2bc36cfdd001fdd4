"""What sums need beside the readings: where counters turn over, by which clocks they were made."""

from django.db import migrations, models

# Without a default of its own, a column is added without touching any row.
COLUMNS = """
ALTER TABLE devices_rollup ADD COLUMN before timestamptz, ADD COLUMN covered double precision"""
DROP = "ALTER TABLE devices_rollup DROP COLUMN before, DROP COLUMN covered"


class Migration(migrations.Migration):
    """Adds columns."""

    dependencies = [("devices", "0005_access_over_time")]

    operations = [
        migrations.RunSQL(COLUMNS, reverse_sql=DROP),
        migrations.AddField(
            model_name="point",
            name="counter_width",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="point",
            name="rollup_zones",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="pointtype",
            name="counter_width",
            field=models.FloatField(blank=True, null=True),
        ),
    ]
