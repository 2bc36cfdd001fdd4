"""An index that holds all that sums over many meters need of their days.

Month by month and without locking out writes; months made later get it when they are attached.
"""

from typing import Any

from django.db import migrations
from psycopg.sql import SQL, Identifier

WHAT = "(point_id, bucket) INCLUDE (count, sum, delta, flags, covered) WHERE resolution = 1440"
PARENT = f"CREATE INDEX IF NOT EXISTS rollup_days ON ONLY devices_rollup {WHAT}"
MONTHS = """
SELECT child.relname FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
WHERE i.inhparent = 'devices_rollup'::regclass ORDER BY child.relname"""
# One that was broken off is there, but not valid.
FORGET = "DROP INDEX CONCURRENTLY IF EXISTS {index}"
BUILD = "CREATE INDEX CONCURRENTLY {index} ON {month} " + WHAT
ATTACH = "ALTER INDEX rollup_days ATTACH PARTITION {index}"


def build(apps: Any, schema_editor: Any) -> None:
    """Build the index of each month, then join it to that of the whole."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PARENT)
        cursor.execute(MONTHS)
        for (month,) in cursor.fetchall():
            names = {"month": Identifier(month), "index": Identifier(f"{month}_days")}
            for text in (FORGET, BUILD, ATTACH):
                cursor.execute(SQL(text).format(**names))


class Migration(migrations.Migration):
    """Not in a transaction, since indexes are built concurrently."""

    atomic = False
    dependencies = [("devices", "0018_alarm_watch_rule_index")]

    operations = [
        migrations.RunPython(build, lambda apps, editor: editor.execute("DROP INDEX rollup_days"))
    ]
