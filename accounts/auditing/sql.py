"""The SQL of auditing: the table, what keeps it as it is, and a trigger function per audited table.

A function works on whole statements (transition tables), so that a COPY and a bulk insert cost one
call. It names its columns: whoever drops or renames one hears of it at the first write.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Above this many rows, one statement that creates rows of a summarised table is one entry.
SUMMARY_ABOVE = 100
HIDDEN = "(hidden)"
ROW = re.compile(r"\br\.")

CREATE_TABLE = """
CREATE TABLE accounts_auditentry (
    id uuid PRIMARY KEY,
    time timestamptz NOT NULL,
    user_id uuid,
    application_id uuid,
    request_id varchar(128) NOT NULL DEFAULT '',
    origin varchar(128) NOT NULL DEFAULT '',
    action varchar(32) NOT NULL,
    object_type varchar(64) NOT NULL,
    object_id varchar(64) NOT NULL DEFAULT '',
    organisation_id uuid,
    site_id uuid,
    subject_id uuid,
    before jsonb,
    after jsonb,
    rows integer NOT NULL DEFAULT 1
);
-- The organisation's log; a person's own deeds; what concerns a person; a site's; one object's;
-- an application's; one request's. All newest first, since the key holds the time.
CREATE INDEX audit_of_organisation ON accounts_auditentry (organisation_id, id);
CREATE INDEX audit_by_user ON accounts_auditentry (user_id, id);
CREATE INDEX audit_about_subject ON accounts_auditentry (subject_id, id)
    WHERE subject_id IS NOT NULL;
CREATE INDEX audit_of_site ON accounts_auditentry (site_id, id) WHERE site_id IS NOT NULL;
CREATE INDEX audit_of_object ON accounts_auditentry (object_id, id) WHERE object_id <> '';
CREATE INDEX audit_by_application ON accounts_auditentry (application_id, id)
    WHERE application_id IS NOT NULL;
CREATE INDEX audit_of_request ON accounts_auditentry (request_id) WHERE request_id <> '';

CREATE FUNCTION accounts_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % is refused', lower(TG_OP)
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_is_append_only();
"""
DROP_TABLE = """
DROP TABLE accounts_auditentry;
DROP FUNCTION accounts_audit_is_append_only();
"""

# The columns of an entry that come from who acts, and the variables that hold them.
ENTRY = """INSERT INTO accounts_auditentry (id, time, user_id, application_id, request_id, origin,
            object_type, action, object_id, organisation_id, site_id, subject_id, before,
            after{more})
        SELECT (stamp || substr(gen_random_uuid()::text, 20))::uuid, moment,
            (actor->>'user')::uuid, (actor->>'application')::uuid, coalesce(actor->>'request', ''),
            coalesce(actor->>'origin', 'database ' || current_setting('application_name')),
            '{noun}'"""

# PostgreSQL keeps the plan of a trigger from its first few calls. One made for a row or two joins
# old rows and new in nested loops, and takes minutes once a statement changes 10,000. A loop that
# cannot be avoided looks so dear then that the plan would be compiled, for half a second.
JOIN_BY_HASH = " SET enable_nestloop = off SET jit = off"

# ``stamp`` is the first half of a UUIDv7 of this moment (RFC 9562 section 6.2, method 3).
FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql{settings} AS $$
DECLARE
    actor CONSTANT jsonb := nullif(current_setting('atrium.actor', true), '')::jsonb;
    moment CONSTANT timestamptz := clock_timestamp();
    micros CONSTANT bigint := (extract(epoch FROM moment) * 1000000)::bigint;
    stamp CONSTANT text := lpad(to_hex(micros / 1000), 12, '0') || '7'
        || lpad(to_hex(((micros % 1000) << 12) / 1000), 3, '0');
BEGIN
    {body}
    RETURN NULL;
END $$;
"""

ALTER = """
DO $$ DECLARE found regprocedure; BEGIN
    FOR found IN SELECT oid FROM pg_proc WHERE prorettype = 'trigger'::regtype
        AND pronamespace = current_schema()::regnamespace AND proname ~ '^{prefix}_.*_update$'
    LOOP EXECUTE format('ALTER FUNCTION %s{settings}', found); END LOOP;
END $$;
"""
TRIGGER = """
CREATE TRIGGER {function} AFTER {event} ON {table} REFERENCING {rows}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""
# The entry alone, or for many rows one entry for each organisation, site and person.
SUMMARISED = """IF (SELECT count(*) FROM new_rows) > {above} THEN
        {entry}, 'created', '', s.organisation, s.site, s.subject, NULL,
            jsonb_build_object('first', min(s.key), 'last', max(s.key)), count(*)
        FROM (SELECT n.{key}::text AS key, {whose} FROM new_rows n WHERE {condition}) s
        GROUP BY s.organisation, s.site, s.subject;
    ELSE
        {single}
    END IF;"""


@dataclass(frozen=True, slots=True)
class AuditedTable:
    """What is audited of a table.

    ``recorded`` columns are kept with their values; of ``noted`` ones (secrets, long documents)
    only that they changed; ``ignored`` ones are no part of the audit. ``organisation``, ``site``
    and ``subject`` are SQL over the row ``r``: to whom the entry belongs, and whom it is about.
    ``condition`` limits the rows, ``events`` the kinds of change. A ``is_summarised`` table logs a
    large creation as one entry: the rows themselves still say what was created.
    """

    name: str
    noun: str
    recorded: tuple[str, ...]
    noted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    key: str = "id"
    organisation: str = "NULL::uuid"
    site: str = "NULL::uuid"
    subject: str = "NULL::uuid"
    condition: str = "true"
    events: tuple[str, ...] = ("insert", "update", "delete")
    is_summarised: bool = False

    @property
    def function(self) -> str:
        """Return the name of the trigger function."""
        return f"audit_{self.name}"


def _whose(table: AuditedTable, row: str, *, named: bool = False) -> str:
    names = ("organisation", "site", "subject")
    columns = ((name, ROW.sub(f"{row}.", getattr(table, name))) for name in names)
    return ", ".join(f"{sql} AS {name}" if named else sql for name, sql in columns)


def _condition(table: AuditedTable, row: str) -> str:
    return ROW.sub(f"{row}.", table.condition)


def _values(columns: Iterable[str], row: str) -> str:
    pairs = ", ".join(f"'{column}', {row}.{column}" for column in columns)
    return f"jsonb_build_object({pairs})"


def _changed(table: AuditedTable, row: str) -> str:
    """Return the SQL of an object that holds the changed columns alone."""
    parts = [
        f"CASE WHEN o.{column} IS DISTINCT FROM n.{column} "
        f"THEN jsonb_build_object('{column}', {value}) ELSE '{{}}'::jsonb END"
        for columns, shown in ((table.recorded, None), (table.noted, f"'{HIDDEN}'"))
        for column in columns
        for value in [shown or f"{row}.{column}"]
    ]
    return "\n            || ".join(parts)


def _entry(table: AuditedTable, *more: str) -> str:
    return ENTRY.format(noun=table.noun, more="".join(f", {column}" for column in more))


def _on_insert(table: AuditedTable) -> str:
    single = f"""{_entry(table)}, 'created', n.{table.key}::text, {_whose(table, "n")},
            NULL, {_values(table.recorded, "n")}
        FROM new_rows n WHERE {_condition(table, "n")};"""
    if not table.is_summarised:
        return single
    return SUMMARISED.format(
        above=SUMMARY_ABOVE,
        entry=_entry(table, "rows"),
        key=table.key,
        whose=_whose(table, "n", named=True),
        condition=_condition(table, "n"),
        single=single,
    )


def _on_update(table: AuditedTable) -> str:
    columns = table.recorded + table.noted
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in "on")
    return f"""{_entry(table)}, 'updated', n.{table.key}::text, {_whose(table, "n")},
            {_changed(table, "o")},
            {_changed(table, "n")}
        FROM old_rows o JOIN new_rows n ON n.{table.key} = o.{table.key}
        WHERE ROW({before}) IS DISTINCT FROM ROW({after}) AND {_condition(table, "n")};"""


def _on_delete(table: AuditedTable) -> str:
    return f"""{_entry(table)}, 'deleted', o.{table.key}::text, {_whose(table, "o")},
            {_values(table.recorded, "o")}, NULL
        FROM old_rows o WHERE {_condition(table, "o")};"""


BODIES = {"insert": _on_insert, "update": _on_update, "delete": _on_delete}
SEEN_ROWS = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


def audit(table: AuditedTable) -> list[str]:
    """Return the statements that put a table under audit, or bring its audit up to date."""
    statements = [*spare(table)]
    for event in table.events:
        function = f"{table.function}_{event}"
        statements += [
            FUNCTION.format(
                function=function,
                settings=JOIN_BY_HASH if event == "update" else "",
                body=BODIES[event](table),
            ),
            TRIGGER.format(
                function=function, table=table.name, event=event.upper(), rows=SEEN_ROWS[event]
            ),
        ]
    return statements


def join_by_hash(prefix: str) -> str:
    """Return the statement that lets trigger functions made earlier join by hash."""
    return ALTER.format(prefix=prefix, settings=JOIN_BY_HASH)


def spare(table: AuditedTable) -> list[str]:
    """Return the statements that end the audit of a table."""
    return [
        statement
        for event in BODIES
        for function in [f"{table.function}_{event}"]
        for statement in (
            f"DROP TRIGGER IF EXISTS {function} ON {table.name}",
            f"DROP FUNCTION IF EXISTS {function}()",
        )
    ]
