"""An index for the rules of views, built while the platform runs."""

from typing import ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Find devices by type across an organisation."""

    atomic = False
    dependencies: ClassVar = [("devices", "0002_audit")]
    operations: ClassVar = [
        AddIndexConcurrently(
            "device",
            models.Index(
                fields=["organisation", "type", "node"], name="device_type_of_tenant"
            ),
        ),
    ]
