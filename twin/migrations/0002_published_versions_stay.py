"""Let the database itself hold that a published template version never changes."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION twin_keep_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.definition IS DISTINCT FROM OLD.definition
       OR NEW.source <> OLD.source
       OR NEW.number <> OLD.number
       OR NEW.template_id <> OLD.template_id
       OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id
       OR NEW.status = 'draft'
       OR (OLD.status = 'deprecated' AND NEW.status <> 'deprecated') THEN
        RAISE EXCEPTION 'template version % is %: it never changes again', OLD.id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER twin_keep_published_version BEFORE UPDATE ON twin_templateversion
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION twin_keep_published_version();
"""
BACKWARDS = """
DROP TRIGGER twin_keep_published_version ON twin_templateversion;
DROP FUNCTION twin_keep_published_version();
"""


class Migration(migrations.Migration):
    """Adds the trigger."""

    dependencies = [("twin", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
