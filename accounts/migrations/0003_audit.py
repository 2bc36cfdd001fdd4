"""The audit log, append-only, and the tables of accounts under audit."""

import config.lib.ids
import django.utils.timezone
from django.db import migrations, models

from accounts.auditing import sql
from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")
OF_APPLICATION = """(SELECT a.organisation_id FROM accounts_application a
    WHERE a.id = r.application_id AND r.user_id IS NULL)"""
# What the token endpoint ends is what it replaces: rotation, not revocation.
STILL_LIVING = "r.expires > now() AND actor->>'origin' IS DISTINCT FROM 'oauth/token'"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_consent_is_limited'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('time', models.DateTimeField(default=django.utils.timezone.now)),
                ('user_id', models.UUIDField(null=True)),
                ('application_id', models.UUIDField(null=True)),
                ('request_id', models.CharField(blank=True, default='', max_length=128)),
                ('origin', models.CharField(blank=True, default='', max_length=128)),
                ('action', models.CharField(choices=[('created', 'Created'), ('updated', 'Updated'), ('deleted', 'Deleted'), ('read', 'Read by staff'), ('commanded', 'Commanded')], max_length=32)),
                ('object_type', models.CharField(max_length=64)),
                ('object_id', models.CharField(blank=True, default='', max_length=64)),
                ('organisation_id', models.UUIDField(null=True)),
                ('site_id', models.UUIDField(null=True)),
                ('subject_id', models.UUIDField(null=True)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('rows', models.IntegerField(default=1)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'db_table': 'accounts_auditentry',
                'managed': False,
            },
        ),
        migrations.RunSQL(sql.CREATE_TABLE, reverse_sql=sql.DROP_TABLE),
        AuditTable(
            "accounts_organisation",
            "organisation",
            recorded=("name", "time_zone"),
            ignored=("id", *STAMPS),
            organisation="r.id",
        ),
        AuditTable(
            "accounts_user",
            "user",
            recorded=("email", "name", "is_active", "is_staff", "is_superuser"),
            noted=("password",),
            ignored=("id", *STAMPS, "last_login", "locale", "time_zone"),
            subject="r.id",
        ),
        AuditTable(
            "accounts_user_groups",
            "user_group",
            recorded=("user_id", "group_id"),
            ignored=("id",),
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_user_user_permissions",
            "user_permission",
            recorded=("user_id", "permission_id"),
            ignored=("id",),
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_b2buser",
            "b2b_user",
            recorded=("user_id", "organisation_id", "role", "starts_at", "ends_at"),
            ignored=("id", *STAMPS),
            organisation="r.organisation_id",
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_b2cuser",
            "b2c_user",
            recorded=("user_id",),
            ignored=("id", *STAMPS),
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_application",
            "application",
            recorded=(
                "organisation_id", "name", "client_id", "client_type", "grant_types", "scopes",
                "redirect_uris", "post_logout_redirect_uris", "allowed_origins", "purpose",
                "privacy_url", "algorithm", "user_id",
            ),
            noted=("client_secret",),
            ignored=(
                "id", "created", "updated", "hash_client_secret", "registration_source",
                "cimd_expires_at",
            ),
            organisation="r.organisation_id",
        ),
        AuditTable(
            "accounts_consent",
            "consent",
            recorded=(
                "user_id", "application_id", "scopes", "purpose", "history_from", "resolution",
                "is_limited", "expires_at", "revoked_at",
            ),
            ignored=("id", *STAMPS, "granted_at"),
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_accesstoken",
            "access_token",
            recorded=("user_id", "application_id", "consent_id", "scope", "expires"),
            ignored=(
                "id", "token", "token_checksum", "created", "updated", "source_refresh_token_id",
                "id_token_id", "resource",
            ),
            organisation=OF_APPLICATION,
            subject="r.user_id",
            condition=STILL_LIVING,
            events=("delete",),
        ),
        AuditTable(
            "accounts_refreshtoken",
            "refresh_token",
            recorded=("user_id", "application_id", "token_family", "revoked"),
            ignored=(
                "id", "token", "token_checksum", "created", "updated", "access_token_id",
                "resource",
            ),
            subject="r.user_id",
            condition="actor->>'origin' IS DISTINCT FROM 'oauth/token'",
            events=("update",),
        ),
    ]
