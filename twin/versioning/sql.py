"""The SQL of versions: what keeps what a row was, and how the table is read as it stood then.

A versioned table stays as it is. Beside it, ``<table>_version`` holds what its rows were before
each change, with the time for which that held; the row itself is the last version. A creation
costs nothing, and a row that never changed counts as standing since it was made. In the schema
``past`` a view of the table's own name shows it at the moment that ``atrium.at`` names, so that
any query, under that schema first, answers as of then (``config.lib.past``).

The triggers work on whole statements. All changes of one transaction have one moment
(``accounts/auditing/changes.py``), and only the first of them to a row leaves a version.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accounts.auditing.sql import JOIN_BY_HASH
from config.lib.past import SCHEMA, SETTING

ROW = re.compile(r"\br\.")
# For a row that others tell of: a node was there as long as the thing that it is.
ALWAYS = "'-infinity'::timestamptz"

FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql{settings} AS $$
DECLARE
    moment CONSTANT timestamptz := accounts_moment();
BEGIN
    INSERT INTO {history} ({columns}, valid_from, valid_until, change_id)
    SELECT {old}, coalesce(known.until, {born}), moment, accounts_change()
    FROM {source} LEFT JOIN LATERAL (
        SELECT max(v.valid_until) AS until FROM {history} v WHERE v.id = o.id
    ) known ON true
    -- What was made or changed in this transaction was never there for anybody else to see.
    WHERE {changed} AND coalesce(known.until < moment, {born} < now() AND {born} < moment)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE TRIGGER {function} AFTER {event} ON {table} REFERENCING {rows}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""
EVENTS = {
    "update": (
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "old_rows o JOIN new_rows n USING (id)",
    ),
    "delete": ("OLD TABLE AS old_rows", "old_rows o"),
}

# Of the row itself and its versions, each from when to when: the one that ends soonest after the
# moment. Written so that PostgreSQL takes rows from both in the order of an index.
VIEW = """
CREATE VIEW {schema}.{table} AS SELECT {shown} FROM (
    SELECT {own}, {born} AS valid_from, 'infinity'::timestamptz AS valid_until
    FROM {home}.{table} r
    UNION ALL
    SELECT {own}, r.valid_from, r.valid_until FROM {home}.{history} r
) u
WHERE u.valid_from <= {at} AND u.valid_until > {at} AND NOT EXISTS (
    SELECT FROM {home}.{history} later
    WHERE later.id = u.id AND later.valid_until > {at} AND later.valid_until < u.valid_until
)
"""
AT = f"current_setting('{SETTING}')::timestamptz"

# A plain view could be written to, and would lead the write into the table.
READ_ONLY = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE OR REPLACE FUNCTION {SCHEMA}.is_read_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the past is read-only: % is refused', lower(TG_OP)
        USING ERRCODE = 'read_only_sql_transaction';
END $$;
"""
READ_ONLY_TRIGGER = """
CREATE TRIGGER is_read_only INSTEAD OF INSERT OR UPDATE OR DELETE ON {schema}.{table}
    FOR EACH ROW EXECUTE FUNCTION {schema}.is_read_only()
"""


@dataclass(frozen=True, slots=True)
class VersionedTable:
    """What is kept of a table.

    ``born`` is SQL over the row ``r``: since when it stands. ``untold`` columns are not kept; the
    past shows the SQL given for each instead. A change of ``quiet`` columns alone is no version.
    ``indexes`` serve the reads of the past as those of the table serve the present; each is a list
    of columns, or a method and one. ``fill`` gives a constant for a column that came later.
    """

    name: str
    born: str = "r.created_at"
    untold: Mapping[str, str] = field(default_factory=dict)
    quiet: tuple[str, ...] = ("updated_at",)
    indexes: tuple[str, ...] = ()
    fill: Mapping[str, str] = field(default_factory=dict)

    @property
    def history(self) -> str:
        """Return the name of the table of versions."""
        return f"{self.name}_version"

    def kept(self, columns: Iterable[str]) -> list[str]:
        """Return those of the table's columns that are kept."""
        return [column for column in columns if column not in self.untold]


def _born(table: VersionedTable, row: str) -> str:
    return ROW.sub(f"{row}.", table.born)


def _listed(columns: Iterable[str], row: str = "") -> str:
    return ", ".join(f"{row}.{column}" if row else column for column in columns)


def create_history(table: VersionedTable, columns: Mapping[str, str]) -> list[str]:
    """Return the statements that make the table of versions with its key and indexes."""
    kept = ", ".join(f"{name} {columns[name]}" for name in table.kept(columns))
    own = "valid_from timestamptz NOT NULL, valid_until timestamptz NOT NULL, change_id uuid"
    key = "PRIMARY KEY (id, valid_until)"
    statements = [f"CREATE TABLE {table.history} ({kept}, {own}, {key})"]
    for number, index in enumerate(table.indexes):
        method, _, what = index.rpartition(" USING ")
        using = f"USING {method} " if method else ""
        statements.append(
            f"CREATE INDEX {table.history}_{number} ON {table.history}"
            f" {using}({what}, valid_until, valid_from)"
        )
    return statements


def extend_history(
    table: VersionedTable, columns: Mapping[str, str], *, known: Mapping[str, str]
) -> list[str]:
    """Return the statements that let the table of versions follow the columns of its table.

    A column that is gone stays in the versions; one that is new holds ``fill`` in those from
    before, else null. Neither rewrites the table.
    """
    statements = []
    for name in table.kept(columns):
        if name not in known:
            filled = f" DEFAULT {table.fill[name]}" if name in table.fill else ""
            statements.append(
                f"ALTER TABLE {table.history} ADD COLUMN {name} {columns[name]}{filled}"
            )
            statements.append(f"ALTER TABLE {table.history} ALTER COLUMN {name} DROP DEFAULT")
        elif known[name] != columns[name]:
            statements.append(
                f"ALTER TABLE {table.history} ALTER COLUMN {name} TYPE {columns[name]}"
            )
    return statements


def start_keeping(table: VersionedTable, columns: Mapping[str, str], *, home: str) -> list[str]:
    """Return the statements that make the triggers and the view."""
    return [*_triggers(table, columns), READ_ONLY, *_view(table, columns, home=home)]


def stop_keeping(table: VersionedTable) -> list[str]:
    """Return the statements that drop the triggers and the view; the versions stay."""
    names = [f"version_{table.name}_{event}" for event in EVENTS]
    return [
        f"DROP VIEW IF EXISTS {SCHEMA}.{table.name}",
        *(f"DROP TRIGGER IF EXISTS {name} ON {table.name}" for name in names),
        *(f"DROP FUNCTION IF EXISTS {name}()" for name in names),
    ]


def _triggers(table: VersionedTable, columns: Mapping[str, str]) -> list[str]:
    kept = table.kept(columns)
    watched = [column for column in kept if column not in table.quiet]
    differs = f"ROW({_listed(watched, 'o')}) IS DISTINCT FROM ROW({_listed(watched, 'n')})"
    statements = []
    for event, (rows, source) in EVENTS.items():
        function = f"version_{table.name}_{event}"
        statements += [
            FUNCTION.format(
                function=function,
                settings=JOIN_BY_HASH if event == "update" else "",
                history=table.history,
                columns=_listed(kept),
                old=_listed(kept, "o"),
                born=_born(table, "o"),
                source=source,
                changed=differs if event == "update" else "true",
            ),
            TRIGGER.format(function=function, table=table.name, event=event.upper(), rows=rows),
        ]
    return statements


def _view(table: VersionedTable, columns: Mapping[str, str], *, home: str) -> list[str]:
    shown = [
        f"({table.untold[name]})::{kind} AS {name}" if name in table.untold else f"u.{name}"
        for name, kind in columns.items()
    ]
    view = VIEW.format(
        schema=SCHEMA,
        home=home,
        table=table.name,
        history=table.history,
        shown=", ".join(shown),
        own=_listed(table.kept(columns), "r"),
        born=_born(table, "r"),
        at=AT,
    )
    return [view, READ_ONLY_TRIGGER.format(schema=SCHEMA, table=table.name)]
