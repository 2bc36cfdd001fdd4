"""The SQL that tells which transaction a row of a log belongs to: its moment and its id.

Both are fixed by the first write that asks, so that all that one transaction does happens at one
moment, after it has waited for its locks.
"""

CREATE_FUNCTIONS = """
CREATE FUNCTION accounts_moment() RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    given text := nullif(current_setting('atrium.moment', true), '');
BEGIN
    IF given IS NULL THEN
        given := set_config('atrium.moment', clock_timestamp()::text, true);
    END IF;
    RETURN given::timestamptz;
END $$;

-- A UUIDv7 of that moment (RFC 9562 section 6.2, method 3), so that changes sort by time.
CREATE FUNCTION accounts_change() RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    given text := nullif(current_setting('atrium.change', true), '');
    micros bigint;
BEGIN
    IF given IS NULL THEN
        micros := (extract(epoch FROM accounts_moment()) * 1000000)::bigint;
        given := lpad(to_hex(micros / 1000), 12, '0') || '7'
            || lpad(to_hex(((micros % 1000) << 12) / 1000), 3, '0')
            || substr(gen_random_uuid()::text, 20);
        given := set_config('atrium.change', given, true);
    END IF;
    RETURN given::uuid;
END $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION accounts_change();
DROP FUNCTION accounts_moment();
"""
# The column comes without a default, which rewrites nothing; entries from then on get theirs.
ADD_COLUMN = """
ALTER TABLE accounts_auditentry ADD COLUMN change_id uuid;
ALTER TABLE accounts_auditentry ALTER COLUMN change_id SET DEFAULT accounts_change();
"""
DROP_COLUMN = "ALTER TABLE accounts_auditentry DROP COLUMN change_id;"

# Serves the changes of a site, newest first; an entry from before is a change of its own.
CREATE_INDEX = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_changes_of_site
    ON accounts_auditentry (site_id, coalesce(change_id, id)) WHERE site_id IS NOT NULL;
"""
DROP_INDEX = "DROP INDEX CONCURRENTLY IF EXISTS audit_changes_of_site;"
