"""The SQL that lets commands move forward alone, and writes each move down."""

CREATE = """
CREATE FUNCTION devices_command_rank(status text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE status WHEN 'awaiting-approval' THEN 0 WHEN 'queued' THEN 1 WHEN 'sent' THEN 2
        WHEN 'acknowledged' THEN 3 ELSE 4 END
$$;

CREATE FUNCTION devices_command_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF devices_command_rank(NEW.status) <= devices_command_rank(OLD.status) THEN
        RAISE EXCEPTION 'a command never goes from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'command_moves_forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER command_moves_forward BEFORE UPDATE ON devices_command FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION devices_command_moves_forward();

CREATE FUNCTION devices_command_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO devices_commandstep (command_id, status, attempt, at, reason, detail)
    SELECT n.id, n.status, n.attempts, clock_timestamp(), n.reason, n.detail FROM new_rows n;
    RETURN NULL;
END $$;
CREATE TRIGGER command_begins AFTER INSERT ON devices_command REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION devices_command_begins();

-- An attempt that failed but will be made again is a step as well: its reason is new.
CREATE FUNCTION devices_command_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO devices_commandstep (command_id, status, attempt, at, reason, detail)
    SELECT n.id, n.status, n.attempts, clock_timestamp(), n.reason, n.detail
    FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE ROW(o.status, o.attempts, o.reason) IS DISTINCT FROM ROW(n.status, n.attempts, n.reason);
    RETURN NULL;
END $$;
CREATE TRIGGER command_steps AFTER UPDATE ON devices_command
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION devices_command_steps();
"""
DROP = """
DROP TRIGGER command_steps ON devices_command;
DROP FUNCTION devices_command_steps();
DROP TRIGGER command_begins ON devices_command;
DROP FUNCTION devices_command_begins();
DROP TRIGGER command_moves_forward ON devices_command;
DROP FUNCTION devices_command_moves_forward();
DROP FUNCTION devices_command_rank(text);
"""
