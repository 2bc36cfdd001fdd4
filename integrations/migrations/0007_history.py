"""What is fetched of the past of meters, and in which unit they count; with its audit."""

from typing import ClassVar

import config.lib.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_CONNECTION = """(SELECT c.{column} FROM integrations_connection c
    WHERE c.id = r.connection_id)"""


class Migration(migrations.Migration):
    """Adds columns with defaults of the database's own, so that running code goes on."""

    dependencies: ClassVar = [
        ('integrations', '0006_realtime'),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name='connection',
            name='backfilled_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='history_days',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='meterlink',
            name='calibrations',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.CreateModel(
            name='Backfill',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('cause', models.CharField(choices=[('connect', 'The meter is new here'), ('gap', 'The account could not be read meanwhile'), ('request', 'On request')], max_length=16)),
                ('method', models.CharField(choices=[('dense', 'A value in 15 minutes'), ('monthly', 'The counters at the turn of each month')], default='dense', max_length=16)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('reached', models.DateTimeField()),
                ('status', models.CharField(choices=[('waiting', 'Under way'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='waiting', max_length=16)),
                ('problem', models.TextField(blank=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('calls', models.PositiveIntegerField(default=0)),
                ('values', models.PositiveIntegerField(default=0)),
                ('rejected', models.PositiveIntegerField(default=0)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('claim', models.UUIDField(blank=True, editable=False, null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backfills', to='integrations.connection')),
                ('meter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backfills', to='integrations.meterlink')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status', 'waiting')), fields=['next_attempt_at'], name='backfill_due'), models.Index(fields=['connection', '-id'], name='backfill_of_connection')],
                'constraints': [models.UniqueConstraint(fields=('meter', 'cause', 'since', 'until'), name='backfill_once'), models.CheckConstraint(condition=models.Q(('reached__lte', models.F('until')), ('since__lte', models.F('reached'))), name='backfill_reached_in_span')],
            },
        ),
        AuditTable(
            "integrations_connection",
            "connection",
            recorded=(
                *("organisation_id", "fleet_id", "site_id", "name", "auth_method", "username"),
                *("card_id", "oauth_grant", "client_id", "key_expires_at", "claims", "licence"),
                *("switching", "realtime", "interval_s", "disconnected_at", "history_days"),
            ),
            noted=("secret",),
            ignored=(
                *("id", *STAMPS, "status", "problem", "last_attempt_at", "last_success_at"),
                *("failures", "next_attempt_at", "requested_at", "claim", "hold_until", "learned"),
                *("tokens", "tokens_version", "token_expires_at", "backfilled_at"),
                *("renewal", "renewal_ends_at", "renewal_sent_at"),
            ),
            organisation="r.organisation_id",
            site="r.site_id",
        ),
        AuditTable(
            "integrations_meterlink",
            "meter_link",
            recorded=("connection_id", "meter_id", "serial", "device_id", "gateway_id"),
            ignored=(
                *("id", *STAMPS, "reported_name", "device_type_key", "energy_type", "sub_type"),
                *("family", "is_gateway", "linked_at", "value_at", "seen_at", "vanished_at"),
                *("problem", "issues", "calibrations"),
            ),
            organisation=OF_CONNECTION.format(column="organisation_id"),
            site=OF_CONNECTION.format(column="site_id"),
            is_summarised=True,
        ),
    ]
