"""Audit functions that exist join old rows and new by hash, however few their first calls changed."""

from typing import ClassVar

from django.db import migrations

from accounts.auditing.sql import join_by_hash


class Migration(migrations.Migration):
    """Touches the catalogue of functions alone; those made later are made so."""

    dependencies: ClassVar = [("accounts", "0012_audit_by_kind")]
    operations: ClassVar = [
        migrations.RunSQL(join_by_hash("audit"), reverse_sql=migrations.RunSQL.noop)
    ]
