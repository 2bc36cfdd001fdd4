"""Connections protect their organisation while they are registered; the table stays as it is."""

from typing import ClassVar

from django.db import migrations, models

import integrations.models.smartme


class Migration(migrations.Migration):
    """Changes what Django does on deletion, and nothing in the database."""

    dependencies: ClassVar = [
        ('accounts', '0013_audit_joins_by_hash'),
        ('integrations', '0007_history'),
    ]

    operations: ClassVar = [
        migrations.AlterField(
            model_name='connection',
            name='organisation',
            field=models.ForeignKey(
                on_delete=integrations.models.smartme.leave_first,
                related_name='smartme_connections',
                to='accounts.organisation',
            ),
        ),
    ]
