"""The operations that keep versions follow their table: columns that come, go and change."""

import pytest
from django.db import connection
from django.db.migrations.state import ProjectState
from django.db.utils import InternalError, ProgrammingError

from config.lib.past import as_of
from tests.twin.past import DAY_1, DAY_2, write_on
from twin.versioning.operations import KeepVersions, PauseVersions

pytestmark = pytest.mark.django_db
KEY = "0193b3f0-0000-4000-8000-000000000001"


@pytest.fixture
def shelf() -> KeepVersions:
    """Make a table of one old row that keeps its versions."""
    execute("CREATE TABLE shelf (id uuid PRIMARY KEY, created_at timestamptz, name varchar(9))")
    execute("INSERT INTO shelf VALUES (%s, '2024-01-01', 'old')", KEY)
    operation = KeepVersions("shelf", quiet=(), indexes=("name",))
    apply(operation)
    return operation


def execute(statement: str, *values: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def apply(operation: KeepVersions, *, forwards: bool = True) -> None:
    """Run the operation as migrate does inside a transaction."""
    state = ProjectState()
    with connection.schema_editor(atomic=False) as editor:
        deed = operation.database_forwards if forwards else operation.database_backwards
        deed("twin", editor, state, state)


def then(columns: str = "name") -> tuple[object, ...]:
    """Return the row as it stood on day 1."""
    with as_of(DAY_1):
        return execute(f"SELECT {columns} FROM shelf")[0]


def test_a_column_that_comes_later_is_null_in_versions_from_before(shelf: KeepVersions) -> None:
    write_on(DAY_2)
    execute("UPDATE shelf SET name = 'new'")
    execute("ALTER TABLE shelf ADD COLUMN depth integer NOT NULL DEFAULT 3")

    apply(KeepVersions("shelf", quiet=()))

    assert then("name, depth") == ("old", None)


def test_a_column_that_comes_later_can_be_filled_in_versions_from_before(
    shelf: KeepVersions,
) -> None:
    write_on(DAY_2)
    execute("UPDATE shelf SET name = 'new'")
    execute("ALTER TABLE shelf ADD COLUMN depth integer NOT NULL DEFAULT 3")

    apply(KeepVersions("shelf", quiet=(), fill={"depth": "3"}))

    assert then("name, depth") == ("old", 3)


def test_until_the_operation_is_used_again_a_new_column_does_not_break_writes(
    shelf: KeepVersions,
) -> None:
    execute("ALTER TABLE shelf ADD COLUMN depth integer")
    write_on(DAY_2)

    execute("UPDATE shelf SET name = 'new', depth = 1")

    assert then() == ("old",)


def test_a_column_is_altered_between_pause_and_keep(shelf: KeepVersions) -> None:
    write_on(DAY_2)
    execute("UPDATE shelf SET name = 'new'")

    apply(PauseVersions("shelf"))
    execute("ALTER TABLE shelf ALTER COLUMN name TYPE varchar(99)")
    apply(shelf)

    assert then() == ("old",)
    write_on(DAY_2.replace(year=2026))
    execute("UPDATE shelf SET name = repeat('x', 80)")
    execute("UPDATE shelf SET name = 'again'")


def test_a_column_cannot_be_dropped_under_the_past(shelf: KeepVersions) -> None:
    with pytest.raises((InternalError, ProgrammingError), match="depend"):
        execute("ALTER TABLE shelf DROP COLUMN name")


def test_a_column_that_is_gone_stays_in_the_versions(shelf: KeepVersions) -> None:
    write_on(DAY_2)
    execute("UPDATE shelf SET name = 'new'")

    apply(PauseVersions("shelf"))
    execute("ALTER TABLE shelf DROP COLUMN name")
    apply(shelf)

    assert execute("SELECT name FROM shelf_version") == [("old",)]
    assert then("id::text") == (KEY,)


def test_what_is_untold_is_neither_kept_nor_shown() -> None:
    execute("CREATE TABLE safe (id uuid PRIMARY KEY, created_at timestamptz, code text)")
    apply(KeepVersions("safe", quiet=(), untold={"code": "'?'"}))
    execute("INSERT INTO safe VALUES (%s, '2024-01-01', '1234')", KEY)

    with as_of(DAY_1):
        assert execute("SELECT code FROM safe") == [("?",)]
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'safe_version'::regclass"
    assert ("code",) not in execute(columns)


def test_going_backwards_stops_keeping_and_forgets_nothing(shelf: KeepVersions) -> None:
    write_on(DAY_2)
    execute("UPDATE shelf SET name = 'new'")

    apply(shelf, forwards=False)

    execute("UPDATE shelf SET name = 'newer'")
    assert execute("SELECT name FROM shelf_version") == [("old",)]
    apply(shelf)
    assert then() == ("old",)
