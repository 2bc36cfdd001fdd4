"""The index by which the changes of a site are listed."""

from django.db import migrations

from accounts.auditing import changes


class Migration(migrations.Migration):
    """Builds it while the log is written."""

    atomic = False
    dependencies = [("accounts", "0006_changes")]
    operations = [migrations.RunSQL(changes.CREATE_INDEX, changes.DROP_INDEX)]
