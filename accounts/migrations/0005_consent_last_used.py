"""When a consent was last used; noting it is no entry in the audit log."""

from django.db import migrations, models

from accounts.auditing.operations import AuditTable


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_refresh_grace'),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='last_used_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        AuditTable(
            "accounts_consent",
            "consent",
            recorded=(
                "user_id", "application_id", "scopes", "purpose", "history_from", "resolution",
                "is_limited", "expires_at", "revoked_at",
            ),
            ignored=("id", "created_at", "updated_at", "granted_at", "last_used_at"),
            subject="r.user_id",
        ),
    ]
