"""Rules that people make at home: theirs, and so are their alarms."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.auditing.operations import AuditTable


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0022_states_in_rollups'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='alarm',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='alarmrule',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        # What people watch over at home is in their own log alone, not in their landlord's.
        AuditTable(
            "devices_alarmrule",
            "alarm_rule",
            recorded=(
                "organisation_id", "site_id", "space_id", "scope", "target_id", "fleet_id", "name",
                "category", "type_key", "point", "condition", "limit", "low", "high", "hysteresis",
                "delay_s", "period_s", "night_from", "night_until", "late_s", "severity",
                "escalate_to", "escalate_after_s", "mute", "is_enabled", "owner_id",
            ),
            ignored=("id", "created_at", "updated_at", "synced_at"),
            organisation="CASE WHEN r.owner_id IS NULL THEN r.organisation_id END",
            site="CASE WHEN r.owner_id IS NULL THEN r.site_id END",
        ),
        AuditTable(
            "devices_alarm",
            "alarm",
            recorded=("acknowledged_at", "acknowledged_by_id", "comment"),
            ignored=(
                "id", "created_at", "updated_at", "rule_id", "organisation_id", "site_id", "spaces",
                "node_id", "point_id", "name", "condition", "is_measured", "severity", "status",
                "value", "folded", "began_at", "raised_at", "escalates_at", "escalate_to",
                "escalated_at", "cleared_at", "clear_reason", "owner_id",
            ),
            organisation="CASE WHEN r.owner_id IS NULL THEN r.organisation_id END",
            site="CASE WHEN r.owner_id IS NULL THEN r.site_id END",
            events=("update",),
        ),
    ]
