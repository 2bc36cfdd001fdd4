"""The credentials of gateways, and the ways by which devices once stood; under audit."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0004_versions'),
        migrations.swappable_dependency(settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='gateway',
            name='application',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
        ),
        migrations.AddField(
            model_name='placement',
            name='spaces',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, editable=False, null=True, size=None),
        ),
        AuditTable(
            "devices_gateway",
            "gateway",
            recorded=(
                "organisation_id", "asset_id", "site_id", "space_id", "application_id", "name",
            ),
            ignored=("id", *STAMPS, "status", "last_seen_at"),
            organisation="r.organisation_id",
            site="r.site_id",
        ),
        AuditTable(
            "devices_placement",
            "placement",
            recorded=("device_id", "site_id", "space_id", "period"),
            ignored=("id", *STAMPS, "spaces"),
            organisation="(SELECT d.organisation_id FROM devices_device d WHERE d.id = r.device_id)",
            site="r.site_id",
            is_summarised=True,
        ),
    ]
