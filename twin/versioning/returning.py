"""What the versions hold of a row that comes back under its old id.

It was away in between: its last version ends where it went, and the row itself, which shows the
time of its first creation, would fill the gap. An empty version that ends now closes it.
"""

from collections.abc import Collection

from django.db import connection
from psycopg.sql import SQL, Identifier

RETURN = """
INSERT INTO {history}
SELECT (jsonb_populate_record(NULL::{history}, to_jsonb(r) || jsonb_build_object(
    'valid_from', accounts_moment(), 'valid_until', accounts_moment(),
    'change_id', accounts_change()))).*
FROM {table} r WHERE r.id = ANY(%s) ON CONFLICT DO NOTHING
"""


def mark_return(table: str, keys: Collection[str]) -> None:
    """Let rows that were put back into a table have been away until now, if it is versioned."""
    history = f"{table}_version"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [history])
        (is_versioned,) = cursor.fetchone()
        if is_versioned:
            names = {"history": Identifier(history), "table": Identifier(table)}
            cursor.execute(SQL(RETURN).format(**names), [list(keys)])
