"""What the device grant keeps; its codes are digests from here on, and none is older than that."""

import config.lib.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_signing_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='devicegrant',
            name='auth_time',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='devicegrant',
            name='polled_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL("DELETE FROM accounts_devicegrant", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='devicegrant',
            name='user_code',
            field=config.lib.fields.DigestField(),
        ),
    ]
