"""Kinds of device say after how long a silence they count as offline."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a column with a constant default, which rewrites no row."""

    dependencies = [("devices", "0010_alarms")]
    operations = [
        migrations.AddField(
            model_name="devicetype",
            name="offline_after_s",
            field=models.PositiveIntegerField(
                db_default=3600,
                default=3600,
                validators=[django.core.validators.MinValueValidator(60)],
            ),
        ),
    ]
