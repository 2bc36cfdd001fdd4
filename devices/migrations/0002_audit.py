"""What is declared, what came into use and where it stands, under audit."""

from django.db import migrations

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_ROW = {"organisation": "r.organisation_id", "site": "r.site_id"}


class Migration(migrations.Migration):
    """Sets up the triggers."""

    dependencies = [("accounts", "0003_audit"), ("devices", "0001_initial")]
    operations = [
        AuditTable(
            "devices_fleet",
            "fleet",
            recorded=("organisation_id", "name"),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
        ),
        AuditTable(
            "devices_asset",
            "asset",
            recorded=(
                "organisation_id", "fleet_id", "role", "manufacturer", "model", "serial", "status",
            ),
            noted=("claim_code_digest",),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
            is_summarised=True,
        ),
        AuditTable(
            "devices_gateway",
            "gateway",
            recorded=("organisation_id", "asset_id", "site_id", "space_id", "name"),
            ignored=("id", *STAMPS, "status", "last_seen_at"),
            **OF_ROW,
        ),
        AuditTable(
            "devices_device",
            "device",
            recorded=(
                "organisation_id", "type_id", "asset_id", "fleet_id", "site_id", "space_id",
                "gateway_id", "name", "tags",
            ),
            ignored=("id", *STAMPS, "reported_name", "status", "last_seen_at"),
            is_summarised=True,
            **OF_ROW,
        ),
        AuditTable(
            "devices_placement",
            "placement",
            recorded=("device_id", "site_id", "space_id", "period"),
            ignored=("id", *STAMPS),
            organisation="(SELECT d.organisation_id FROM devices_device d WHERE d.id = r.device_id)",
            site="r.site_id",
            is_summarised=True,
        ),
    ]
