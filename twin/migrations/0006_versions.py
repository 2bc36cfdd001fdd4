"""The topology and the people in it, with every version."""

from django.db import migrations

from twin.versioning.operations import KeepVersions
from twin.versioning.sql import ALWAYS

OF_ORGANISATION, OF_SITE = "organisation_id, id", "site_id, id"


class Migration(migrations.Migration):
    """Begins to keep versions; the rows that there are stand since they were made."""

    dependencies = [("accounts", "0006_changes"), ("twin", "0005_rules_by_index")]
    operations = [
        KeepVersions("twin_node", born=ALWAYS, quiet=(), indexes=("site_id",)),
        KeepVersions("twin_site", indexes=(OF_ORGANISATION,)),
        KeepVersions(
            "twin_space",
            indexes=(OF_SITE, OF_ORGANISATION, "parent_id", "gist USING path"),
        ),
        KeepVersions("twin_view", indexes=(OF_SITE, OF_ORGANISATION)),
        KeepVersions("twin_viewmember", indexes=("view_id, id", "node_id")),
        KeepVersions(
            "twin_relationship", indexes=(OF_SITE, OF_ORGANISATION, "source_id", "target_id")
        ),
        KeepVersions("twin_sitemember", indexes=("site_id", "user_id")),
        KeepVersions("twin_occupancy", indexes=("site_id", "space_id", "user_id")),
    ]
