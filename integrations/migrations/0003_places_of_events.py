"""Where and when the subject of an event stood; an index for what concerns a site, built while the
platform runs. Events from before have no place: those of measurements are shown to nobody.
"""

from typing import ClassVar

import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds columns without a default, and swaps an index."""

    atomic = False
    dependencies: ClassVar = [("integrations", "0002_smartme")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="event",
            name="spaces",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="about",
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(null=True),
        ),
        AddIndexConcurrently(
            "event",
            models.Index(
                fields=["site", "xid", "id"],
                condition=models.Q(("site__isnull", False)),
                name="event_of_site",
            ),
        ),
        RemoveIndexConcurrently("event", "event_of_home"),
    ]
