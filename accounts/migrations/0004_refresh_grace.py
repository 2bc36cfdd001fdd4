"""What tells a refresh token that was exchanged from one that was revoked."""

from django.db import migrations, models

from accounts.auditing.operations import AuditTable


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_audit'),
    ]

    operations = [
        migrations.AddField(
            model_name='refreshtoken',
            name='generation',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='refreshtoken',
            name='scope',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='refreshtoken',
            name='spent_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        AuditTable(
            "accounts_refreshtoken",
            "refresh_token",
            recorded=("user_id", "application_id", "token_family", "revoked"),
            ignored=(
                "id", "token", "token_checksum", "created", "updated", "access_token_id",
                "resource", "generation", "scope", "spent_at",
            ),
            subject="r.user_id",
            condition="actor->>'origin' IS DISTINCT FROM 'oauth/token'",
            events=("update",),
        ),
    ]
