"""The migration operation by which an app puts one of its tables under audit."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from accounts.auditing.sql import AuditedTable, audit, spare


class AuditTable(Operation):
    """Audit a table as ``AuditedTable`` describes; used again, it brings the audit up to date.

    A column that is added later is in no audit until a migration says whether it is recorded,
    noted or ignored; tests/contract/test_audited_tables.py asks for that.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str, noun: str, **options: Any) -> None:
        self.name = name
        self.noun = noun
        self.options = options

    @property
    def table(self) -> AuditedTable:
        """Return what is audited."""
        return AuditedTable(self.name, self.noun, **self.options)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down again."""
        return type(self).__name__, [self.name, self.noun], dict(self.options)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change no model: the audit lives in the database alone."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the triggers."""
        for statement in audit(self.table):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop the triggers."""
        for statement in spare(self.table):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """Say what it does, in migrate's plan."""
        return f"Audit {self.name}"
