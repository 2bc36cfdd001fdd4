"""The credentials of a gateway are part of its versions."""

from django.db import migrations

from twin.versioning.operations import KeepVersions


class Migration(migrations.Migration):
    """Brings the versions up to date."""

    dependencies = [("devices", "0006_rollup_columns")]
    operations = [
        KeepVersions(
            "devices_gateway",
            untold={"status": "'unknown'", "last_seen_at": "NULL"},
            indexes=("organisation_id, id", "site_id, id", "space_id"),
        ),
    ]
