"""Version functions that exist join old rows and new by hash, however few they changed at first."""

from typing import ClassVar

from django.db import migrations

from accounts.auditing.sql import join_by_hash


class Migration(migrations.Migration):
    """Touches the catalogue of functions alone; those made later are made so."""

    dependencies: ClassVar = [("twin", "0010_space_name_words")]
    operations: ClassVar = [
        migrations.RunSQL(join_by_hash("version"), reverse_sql=migrations.RunSQL.noop)
    ]
