"""Which transaction an audit entry belongs to."""

from django.db import migrations, models

import accounts.models.audit
from accounts.auditing import changes


class Migration(migrations.Migration):
    """Adds the functions and the column."""

    dependencies = [("accounts", "0005_consent_last_used")]
    operations = [
        migrations.RunSQL(changes.CREATE_FUNCTIONS, changes.DROP_FUNCTIONS),
        migrations.RunSQL(
            changes.ADD_COLUMN,
            changes.DROP_COLUMN,
            state_operations=[
                migrations.AddField(
                    model_name="auditentry",
                    name="change_id",
                    field=models.UUIDField(
                        db_default=accounts.models.audit.CurrentChange(), null=True
                    ),
                )
            ],
        ),
    ]
