"""For how long each value of a state held, beside its sums.

Sums that lack it, and hours of sites whose clock moves by half an hour, are not used until they
were made anew: of some thousand points at a time, without locking out ingest.
"""

from typing import Any

from django.db import migrations, models, transaction

COLUMN = "ALTER TABLE devices_rollup ADD COLUMN held jsonb"
DROP = "ALTER TABLE devices_rollup DROP COLUMN held"
AT_ONCE = 5_000
# A name that no clock has: the hours, days and months by it are made anew, and not read before.
ANEW = """
UPDATE devices_point p SET rollup_zones = 'anew'
FROM devices_pointtype t WHERE t.id = p.type_id AND p.id > %(first)s AND p.id <= %(last)s
  AND p.rollup_zones <> ''
  AND (t.value_type IN ('boolean', 'enum') OR p.rollup_zones LIKE '%%Australia/Lord_Howe%%')"""
# Quarter hours in which a state changed; what retention left of older ones stays as it is.
CHANGED = """
INSERT INTO devices_rollup_dirty (point_id, bucket)
SELECT d.point_id, d.bucket FROM devices_point p
JOIN devices_pointtype t ON t.id = p.type_id AND t.value_type IN ('boolean', 'enum')
JOIN devices_rollup d ON d.point_id = p.id AND d.resolution = 15 AND d.min < d.max
  AND d.bucket >= coalesce(p.raw_from, '-infinity')
WHERE p.id > %(first)s AND p.id <= %(last)s
ORDER BY 1, 2
ON CONFLICT (point_id, bucket) DO UPDATE SET marks = devices_rollup_dirty.marks + 1"""


def begin_anew(apps: Any, schema_editor: Any) -> None:
    """Mark what is to be made anew, a transaction for some points."""
    last = apps.get_model("devices", "Point").objects.aggregate(last=models.Max("pk"))["last"] or 0
    for first in range(0, last, AT_ONCE):
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            for text in (ANEW, CHANGED):
                cursor.execute(text, {"first": first, "last": first + AT_ONCE})


class Migration(migrations.Migration):
    """Not one transaction: ingest goes on beside it."""

    atomic = False
    dependencies = [("devices", "0021_keeps_first")]

    operations = [
        migrations.RunSQL(COLUMN, reverse_sql=DROP),
        migrations.RunPython(begin_anew, migrations.RunPython.noop),
    ]
