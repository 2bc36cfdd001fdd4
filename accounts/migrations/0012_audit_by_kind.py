"""Indexes for the audit log by kind of object and by deed, built while the platform runs."""

from typing import ClassVar

from django.db import migrations


def _index(name: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE INDEX CONCURRENTLY {name} ON accounts_auditentry ({column}, id)",
        reverse_sql=f"DROP INDEX CONCURRENTLY {name}",
    )


class Migration(migrations.Migration):
    """Newest first, since the key holds the time."""

    atomic = False
    dependencies: ClassVar = [("accounts", "0011_signin")]
    operations: ClassVar = [
        _index("audit_of_type", "object_type"),
        _index("audit_of_action", "action"),
    ]
