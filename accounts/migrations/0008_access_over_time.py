"""What an application is, and when a user last said yes; both under audit."""

from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_changes_of_site'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='kind',
            field=models.CharField(choices=[('client', 'Client'), ('gateway', 'Gateway')], db_default='client', default='client', editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name='consent',
            name='confirmed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        AuditTable(
            "accounts_application",
            "application",
            recorded=(
                "organisation_id", "name", "client_id", "client_type", "kind", "grant_types",
                "scopes", "redirect_uris", "post_logout_redirect_uris", "allowed_origins",
                "purpose", "privacy_url", "algorithm", "user_id",
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
                "is_limited", "expires_at", "revoked_at", "confirmed_at",
            ),
            ignored=("id", *STAMPS, "granted_at", "last_used_at"),
            subject="r.user_id",
        ),
    ]
