"""The topology and who is at a site, under audit."""

from django.db import migrations

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_ROW = {"organisation": "r.organisation_id", "site": "r.site_id"}


class Migration(migrations.Migration):
    """Sets up the triggers."""

    dependencies = [("accounts", "0003_audit"), ("twin", "0003_access")]
    operations = [
        AuditTable(
            "twin_sitemember",
            "site_member",
            recorded=("site_id", "organisation_id", "user_id", "role", "starts_at", "ends_at"),
            ignored=("id", *STAMPS),
            subject="r.user_id",
            **OF_ROW,
        ),
        AuditTable(
            "twin_grant",
            "grant",
            recorded=(
                "node_id", "site_id", "organisation_id", "user_id", "party_organisation_id", "role",
                "starts_at", "ends_at", "granted_by_id",
            ),
            ignored=("id", *STAMPS),
            subject="r.user_id",
            **OF_ROW,
        ),
        AuditTable(
            "twin_occupancy",
            "occupancy",
            recorded=("space_id", "site_id", "organisation_id", "user_id", "period", "sealed_at"),
            ignored=("id", *STAMPS),
            subject="r.user_id",
            **OF_ROW,
        ),
        AuditTable(
            "twin_consentnode",
            "consent_node",
            recorded=("consent_id", "node_id"),
            ignored=("id", *STAMPS),
            subject="(SELECT c.user_id FROM accounts_consent c WHERE c.id = r.consent_id)",
        ),
        AuditTable(
            "twin_site",
            "site",
            recorded=(
                "organisation_id", "name", "template_version_id", "parameters", "time_zone",
                "address", "latitude", "longitude", "occupied_view",
            ),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
            site="r.id",
        ),
        AuditTable(
            "twin_space",
            "space",
            recorded=(
                "site_id", "organisation_id", "parent_id", "position", "kind", "name",
                "properties", "template_key",
            ),
            ignored=("id", *STAMPS, "path"),
            is_summarised=True,
            **OF_ROW,
        ),
        AuditTable(
            "twin_view",
            "view",
            recorded=("site_id", "organisation_id", "name", "description", "rule", "template_key"),
            ignored=("id", *STAMPS),
            is_summarised=True,
            **OF_ROW,
        ),
        AuditTable(
            "twin_viewmember",
            "view_member",
            recorded=("view_id", "organisation_id", "node_id"),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
            site="(SELECT v.site_id FROM twin_view v WHERE v.id = r.view_id)",
            is_summarised=True,
        ),
        AuditTable(
            "twin_relationship",
            "relationship",
            recorded=("site_id", "organisation_id", "kind", "source_id", "target_id"),
            ignored=("id", *STAMPS),
            is_summarised=True,
            **OF_ROW,
        ),
        AuditTable(
            "twin_topologytemplate",
            "topology_template",
            recorded=("organisation_id", "key", "name", "description", "ontology"),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
        ),
        AuditTable(
            "twin_templateversion",
            "template_version",
            recorded=(
                "template_id", "organisation_id", "number", "status", "published_at",
                "deprecated_at",
            ),
            noted=("definition", "source"),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
        ),
    ]
