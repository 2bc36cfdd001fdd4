"""The migration operations by which an app lets one of its tables keep its versions."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from twin.versioning import sql
from twin.versioning.sql import VersionedTable

COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def columns_of(editor: BaseDatabaseSchemaEditor, table: str) -> dict[str, str]:
    """Return the columns of a table with their types; none if there is no such table."""
    with editor.connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return dict(cursor.fetchall())


class KeepVersions(Operation):
    """Keep the versions of a table as ``VersionedTable`` describes.

    Used again, after columns have come, gone or changed, it brings the versions up to date. A
    column is altered or removed between ``PauseVersions`` and this: the past's view holds on to it.
    """

    reversible = True

    def __init__(self, name: str, **options: Any) -> None:
        self.name = name
        self.options = options

    @property
    def table(self) -> VersionedTable:
        """Return what is kept."""
        return VersionedTable(self.name, **self.options)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down again."""
        return type(self).__name__, [self.name], dict(self.options)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change no model: versions live in the database alone."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Make what keeps the versions, or make it anew."""
        columns = columns_of(schema_editor, self.name)
        known = columns_of(schema_editor, self.table.history)
        made = (
            sql.extend_history(self.table, columns, known=known)
            if known
            else sql.create_history(self.table, columns)
        )
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            (home,) = cursor.fetchone()
        kept = sql.start_keeping(self.table, columns, home=home)
        for statement in (*sql.stop_keeping(self.table), *made, *kept):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop what keeps the versions; those that there are stay, for going forward again."""
        for statement in sql.stop_keeping(self.table):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """Say what it does, in migrate's plan."""
        return f"Keep the versions of {self.name}"


class PauseVersions(KeepVersions):
    """Stop keeping the versions of a table until ``KeepVersions`` follows in the same migration."""

    def database_forwards(self, *args: Any, **kwargs: Any) -> None:
        """Drop what keeps the versions."""
        KeepVersions.database_backwards(self, *args, **kwargs)

    def database_backwards(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the operation before this one to keep them again."""

    def describe(self) -> str:
        """Say what it does, in migrate's plan."""
        return f"Pause the versions of {self.name}"
