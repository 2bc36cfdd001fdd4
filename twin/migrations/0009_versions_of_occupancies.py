"""Time that stays closed is part of an occupancy's versions."""

from django.db import migrations

from twin.versioning.operations import KeepVersions


class Migration(migrations.Migration):
    """Brings the versions up to date."""

    dependencies = [("twin", "0008_plans")]
    operations = [KeepVersions("twin_occupancy", indexes=("site_id", "space_id", "user_id"))]
