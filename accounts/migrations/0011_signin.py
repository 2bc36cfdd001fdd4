import config.lib.fields
import config.lib.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.auditing.operations import AuditTable

STAMPS = ("created_at", "updated_at")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_device_grants'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='email_verified_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='session_epoch',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('organisation', 'Role in an organisation'), ('site', 'Role at a site'), ('occupancy', 'Home'), ('grant', 'Part of a building')], max_length=16)),
                ('object_id', models.UUIDField()),
                ('place', models.CharField(max_length=200)),
                ('role', models.CharField(max_length=16)),
                ('issue', models.PositiveSmallIntegerField(default=1)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('inviter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('registration', 'Registration'), ('account-exists', 'There is an account already'), ('verification', 'Confirm the address'), ('password-reset', 'Password reset'), ('password-changed', 'Password changed'), ('address-change', 'Confirm the new address'), ('address-changed', 'Address changed'), ('invitation', 'Invitation'), ('second-factor-added', 'Second factor added'), ('second-factor-removed', 'Second factor removed'), ('recovery-code-used', 'Recovery code used')], max_length=32)),
                ('address', models.EmailField(max_length=254)),
                ('locale', models.CharField(default='en', max_length=10)),
                ('about', models.CharField(blank=True, max_length=254)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('invitation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='accounts.invitation')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.UUIDField(default=config.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('code', config.lib.fields.DigestField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Authenticator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('throttling_failure_timestamp', models.DateTimeField(blank=True, default=None, help_text='A timestamp of the last failed verification attempt. Null if last attempt succeeded.', null=True)),
                ('throttling_failure_count', models.PositiveIntegerField(default=0, help_text='Number of successive failed attempts.')),
                ('key', config.lib.fields.EncryptedJSONField()),
                ('last_step', models.BigIntegerField(default=-1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='authenticator', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(condition=models.Q(('accepted_at', None)), fields=['user'], name='invitation_open'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(fields=('object_id',), name='invitation_once'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['address', 'kind', 'created_at'], name='letter_recent'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(fields=['created_at'], name='letter_age'),
        ),
        AuditTable(
            "accounts_user",
            "user",
            recorded=(
                "email", "name", "is_active", "is_staff", "is_superuser", "email_verified_at",
            ),
            noted=("password",),
            ignored=("id", *STAMPS, "last_login", "locale", "time_zone", "session_epoch"),
            subject="r.id",
        ),
        AuditTable(
            "accounts_authenticator",
            "second_factor",
            recorded=("user_id", "confirmed"),
            noted=("key",),
            ignored=(
                "id", "name", "last_step", "created_at", "throttling_failure_timestamp",
                "throttling_failure_count",
            ),
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_recoverycode",
            "recovery_code",
            recorded=("user_id", "used_at"),
            noted=("code",),
            ignored=("id", *STAMPS),
            subject="r.user_id",
        ),
        AuditTable(
            "accounts_invitation",
            "invitation",
            recorded=(
                "user_id", "inviter_id", "kind", "object_id", "place", "role", "issue",
                "expires_at", "accepted_at", "revoked_at",
            ),
            ignored=("id", *STAMPS),
            subject="r.user_id",
        ),
    ]
