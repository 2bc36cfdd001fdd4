"""Assets say why they were suspended or retired, and when their claim code was spent."""

from django.db import migrations, models

from accounts.auditing.operations import AuditTable
from twin.versioning.operations import KeepVersions


class Migration(migrations.Migration):
    """Adds two columns, which rewrites no row; brings audit and versions up to date."""

    dependencies = [("devices", "0008_imports")]
    operations = [
        migrations.AddField(
            model_name="asset",
            name="claimed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="asset",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        AuditTable(
            "devices_asset",
            "asset",
            recorded=(
                "organisation_id", "fleet_id", "role", "manufacturer", "model", "serial", "status",
                "reason", "claimed_at",
            ),
            noted=("claim_code_digest",),
            ignored=("id", "created_at", "updated_at"),
            organisation="r.organisation_id",
            is_summarised=True,
        ),
        KeepVersions(
            "devices_asset",
            untold={"claim_code_digest": "''"},
            indexes=("organisation_id, id", "fleet_id, id"),
        ),
    ]
