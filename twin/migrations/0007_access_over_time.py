"""Policies over time, and time that stays closed; under audit."""

import config.lib.ids
import django.db.models.deletion
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")


class Migration(migrations.Migration):

    dependencies = [
        ('twin', '0006_versions'),
    ]

    operations = [
        migrations.AddField(
            model_name='occupancy',
            name='closed_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='PolicyChange',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('before', models.CharField(choices=[('none', 'Nothing'), ('raw', 'Every reading'), ('15m', 'Quarter hours'), ('1h', 'Hours'), ('1d', 'Days'), ('1mo', 'Months')], max_length=8)),
                ('after', models.CharField(choices=[('none', 'Nothing'), ('raw', 'Every reading'), ('15m', 'Quarter hours'), ('1h', 'Hours'), ('1d', 'Days'), ('1mo', 'Months')], max_length=8)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policy_changes', to='twin.site')),
            ],
            options={
                'abstract': False,
            },
        ),
        AuditTable(
            "twin_occupancy",
            "occupancy",
            recorded=(
                "space_id", "site_id", "organisation_id", "user_id", "period", "sealed_at",
                "closed_until",
            ),
            ignored=("id", *STAMPS),
            subject="r.user_id",
            organisation="r.organisation_id",
            site="r.site_id",
        ),
    ]
