"""What the smart-me cloud posts by itself: addresses, inbox, counts; with its audit."""

import config.lib.fields
import config.lib.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_CONNECTION = """(SELECT c.{column} FROM integrations_connection c
    WHERE c.id = r.connection_id)"""
# A queue is emptied as fast as it is filled: what was deleted must soon make room again.
KEEP_QUEUE_SMALL = """
    ALTER TABLE integrations_realtimepost SET (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0);
    ALTER TABLE integrations_realtimemeter SET (fillfactor = 50);
    ALTER TABLE integrations_realtimechannel SET (fillfactor = 50);"""


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0005_ways_in'),
    ]

    operations = [
        migrations.CreateModel(
            name='RealtimeMeter',
            fields=[
                ('link', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='heard', serialize=False, to='integrations.meterlink')),
                ('value_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('reports', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='RealtimePost',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('endpoint_id', models.UUIDField()),
                ('connection_id', models.UUIDField()),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('body', models.BinaryField()),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='connection',
            name='disconnected_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name='RealtimeEndpoint',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('token', config.lib.fields.DigestField()),
                ('pair', models.CharField(editable=False, max_length=64)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to='integrations.connection')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RealtimeChannel',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('meters', models.JSONField(blank=True, default=list)),
                ('status', models.CharField(choices=[('off', 'Off'), ('pending', 'Being registered'), ('listening', 'Registered'), ('troubled', 'Not registered; polling goes on')], default='off', max_length=16)),
                ('problem', models.TextField(blank=True)),
                ('registered_at', models.DateTimeField(blank=True, null=True)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('next_check_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('failures', models.PositiveIntegerField(default=0)),
                ('posts', models.BigIntegerField(default=0)),
                ('values_recorded', models.BigIntegerField(default=0)),
                ('values_rejected', models.BigIntegerField(default=0)),
                ('values_unmapped', models.BigIntegerField(default=0)),
                ('reports_foreign', models.BigIntegerField(default=0)),
                ('reports_unreadable', models.BigIntegerField(default=0)),
                ('last_post_at', models.DateTimeField(blank=True, null=True)),
                ('last_fault', models.TextField(blank=True)),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='channel', to='integrations.connection')),
            ],
            options={
                'indexes': [models.Index(fields=['next_check_at'], name='realtime_channel_due')],
            },
        ),
        migrations.RunSQL(KEEP_QUEUE_SMALL, migrations.RunSQL.noop),
        AuditTable(
            "integrations_connection",
            "connection",
            recorded=(
                *("organisation_id", "fleet_id", "site_id", "name", "auth_method", "username"),
                *("card_id", "oauth_grant", "client_id", "key_expires_at", "claims", "licence"),
                *("switching", "realtime", "interval_s", "disconnected_at"),
            ),
            noted=("secret",),
            ignored=(
                *("id", *STAMPS, "status", "problem", "last_attempt_at", "last_success_at"),
                *("failures", "next_attempt_at", "requested_at", "claim", "hold_until", "learned"),
                # Renewed by the hour; that somebody allowed it anew shows in its authorization.
                *("tokens", "tokens_version", "token_expires_at"),
                *("renewal", "renewal_ends_at", "renewal_sent_at"),
            ),
            organisation="r.organisation_id",
            site="r.site_id",
        ),
        AuditTable(
            "integrations_realtimechannel",
            "realtime_channel",
            recorded=("connection_id", "meters"),
            ignored=(
                *("id", *STAMPS, "status", "problem", "registered_at", "checked_at"),
                *("next_check_at", "failures", "posts", "values_recorded", "values_rejected"),
                *("values_unmapped", "reports_foreign", "reports_unreadable", "last_post_at"),
                "last_fault",
            ),
            organisation=OF_CONNECTION.format(column="organisation_id"),
            site=OF_CONNECTION.format(column="site_id"),
        ),
    ]
