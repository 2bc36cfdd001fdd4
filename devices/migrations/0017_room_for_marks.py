"""Room on each page of the marks, so that claiming them touches no index."""

from django.db import migrations

ROOM = "ALTER TABLE devices_rollup_dirty SET (fillfactor = 45)"
NO_ROOM = "ALTER TABLE devices_rollup_dirty RESET (fillfactor)"


class Migration(migrations.Migration):
    """Changes how new pages are filled; those that are there stay as they are."""

    dependencies = [("devices", "0016_restatements")]

    operations = [migrations.RunSQL(ROOM, reverse_sql=NO_ROOM)]
