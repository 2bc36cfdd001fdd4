"""How connections come by their tokens, what they may do, and how fast; with its audit."""

from typing import ClassVar

import config.lib.fields
import config.lib.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_CONNECTION = """(SELECT c.{column} FROM integrations_connection c
    WHERE c.id = r.connection_id)"""


class Migration(migrations.Migration):
    """Adds columns with defaults of the database's own, so that running code goes on."""

    dependencies: ClassVar = [
        ('integrations', '0004_audit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name='connection',
            name='claims',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='connection',
            name='client_id',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='connection',
            name='hold_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='key_expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='learned',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='connection',
            name='licence',
            field=models.CharField(choices=[('unknown', 'Not known'), ('basic', 'Basic: a value in 15 minutes'), ('limited', 'Limited: a value a minute'), ('professional', 'Professional: a value a second')], db_default='unknown', default='unknown', max_length=16),
        ),
        migrations.AddField(
            model_name='connection',
            name='oauth_grant',
            field=models.CharField(blank=True, choices=[('access_token', 'A token stored as it is; it ends within the hour'), ('authorization_code', 'Allowed by a person in the browser'), ('device_code', 'Allowed by a person on another machine'), ('client_credentials', "The account's own device app")], db_default='', max_length=32),
        ),
        migrations.AddField(
            model_name='connection',
            name='renewal',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='renewal_ends_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='renewal_sent_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='switching',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='connection',
            name='token_expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='tokens',
            field=config.lib.fields.EncryptedJSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='tokens_version',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='connection',
            name='auth_method',
            field=models.CharField(choices=[('api_key', 'API key'), ('oauth', 'OAuth 2.0'), ('card', 'Card access token'), ('basic', 'User name and password (deprecated by smart-me)')], max_length=16),
        ),
        migrations.CreateModel(
            name='ConnectionAuthorization',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('grant', models.CharField(choices=[('access_token', 'A token stored as it is; it ends within the hour'), ('authorization_code', 'Allowed by a person in the browser'), ('device_code', 'Allowed by a person on another machine'), ('client_credentials', "The account's own device app")], max_length=32)),
                ('scope', models.CharField(max_length=500)),
                ('state', config.lib.fields.DigestField()),
                ('session', models.CharField(blank=True, editable=False, max_length=64)),
                ('sealed', config.lib.fields.EncryptedJSONField(null=True)),
                ('user_code', models.CharField(blank=True, max_length=64)),
                ('verification_uri', models.CharField(blank=True, max_length=500)),
                ('poll_every_s', models.PositiveIntegerField(default=5)),
                ('next_poll_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('waiting', 'Waiting for the person'), ('exchanging', 'Allowed, being settled'), ('granted', 'Allowed'), ('refused', 'Refused by the person'), ('expired', 'Not answered in time'), ('failed', 'Failed')], default='waiting', max_length=16)),
                ('detail', models.TextField(blank=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='authorizations', to='integrations.connection')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['connection', '-id'], name='authorization_of_connection'), models.Index(condition=models.Q(('next_poll_at__isnull', False), ('outcome', 'waiting')), fields=['next_poll_at'], name='authorization_to_poll')],
            },
        ),
        AuditTable(
            "integrations_connection",
            "connection",
            recorded=(
                *("organisation_id", "fleet_id", "site_id", "name", "auth_method", "username"),
                *("card_id", "oauth_grant", "client_id", "key_expires_at", "claims", "licence"),
                *("switching", "realtime", "interval_s"),
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
            "integrations_connectionauthorization",
            "connection_authorization",
            recorded=("connection_id", "user_id", "grant", "scope", "outcome"),
            ignored=(
                *("id", *STAMPS, "state", "session", "sealed", "user_code", "verification_uri"),
                *("poll_every_s", "next_poll_at", "expires_at", "detail", "finished_at"),
            ),
            organisation=OF_CONNECTION.format(column="organisation_id"),
            site=OF_CONNECTION.format(column="site_id"),
        ),
    ]
