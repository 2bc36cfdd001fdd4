from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")


class Migration(migrations.Migration):

    dependencies = [
        ('twin', '0012_subtrees_by_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='upgradeitem',
            name='choices',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        AuditTable(
            "twin_upgradeitem",
            "upgrade_item",
            recorded=(
                "upgrade_id", "site_id", "organisation_id", "plan_id", "status", "reason", "choices",
            ),
            ignored=("id", *STAMPS, "attempts"),
            is_summarised=True,
            organisation="r.organisation_id",
            site="r.site_id",
        ),
    ]
