"""What stands where and belongs to whom, with every version.

Placements hold their own periods; readings and contact are no topology.
"""

from django.db import migrations

from twin.versioning.operations import KeepVersions

OF_ORGANISATION, OF_SITE, OF_FLEET = "organisation_id, id", "site_id, id", "fleet_id, id"
CONTACT = {"status": "'unknown'", "last_seen_at": "NULL"}


class Migration(migrations.Migration):
    """Begins to keep versions; the rows that there are stand since they were made."""

    dependencies = [("devices", "0003_rules_by_index"), ("twin", "0006_versions")]
    operations = [
        KeepVersions(
            "devices_asset",
            untold={"claim_code_digest": "''"},
            indexes=(OF_ORGANISATION, OF_FLEET),
        ),
        KeepVersions(
            "devices_gateway",
            untold=CONTACT,
            indexes=(OF_ORGANISATION, OF_SITE, "space_id"),
        ),
        KeepVersions(
            "devices_device",
            untold=CONTACT,
            indexes=(OF_ORGANISATION, OF_SITE, OF_FLEET, "space_id", "gateway_id"),
        ),
    ]
