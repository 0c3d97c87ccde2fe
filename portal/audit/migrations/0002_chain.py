"""Let the database chain the entries, and refuse that any is changed."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tenants.backend.base import role_name

# Tables are reached by the schema of the trigger's own table, so that renaming a schema breaks nothing.
# The wake-up comes after the head is locked: only there is it certain whether one was asked for already. Nobody
# takes the head after the "anchor" wake-up, so the two cannot wait for each other.
CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE last_n bigint; last_hash bytea; due boolean;
BEGIN
  EXECUTE format('SELECT n, hash, anchor_due FROM %I.audit_head WHERE id = 1 FOR UPDATE', TG_TABLE_SCHEMA)
     INTO last_n, last_hash, due;
  IF last_n IS NULL THEN
    EXECUTE format('INSERT INTO %I.audit_head AS h (id, n, hash, anchor_due) VALUES (1, 0, '''', false)
                    ON CONFLICT (id) DO UPDATE SET id = 1 RETURNING h.n, h.hash, h.anchor_due', TG_TABLE_SCHEMA)
       INTO last_n, last_hash, due;
  END IF;
  NEW.n := last_n + 1;
  NEW.at_us := floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
  NEW.previous := last_hash;
  NEW.hash := sha256(NEW.previous || convert_to(jsonb_build_array(NEW.n, NEW.at_us, NEW.actor_kind, NEW.actor,
    NEW.event, NEW.object_kind, NEW.object_id, NEW.detail)::text, 'UTF8'));
  IF NOT due AND current_setting('role') <> 'none' THEN
    PERFORM public.wake('anchor', clock_timestamp() + interval '15 minutes');
    due := true;
  END IF;
  EXECUTE format('UPDATE %I.audit_head SET n = $1, hash = $2, anchor_due = $3 WHERE id = 1', TG_TABLE_SCHEMA)
    USING NEW.n, NEW.hash, due;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_chain();
"""

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE insufficient_privilege USING MESSAGE = 'the journal is append-only';
END $$;
CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_refuse BEFORE DELETE OR TRUNCATE ON audit_head
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

# After an anchor of the first `upto` entries; what was added meanwhile asks for another one at once. The schema
# is the last 34 letters of the role's name, which nobody but the login can choose.
ANCHORED = """
CREATE FUNCTION audit_anchored(upto bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE due boolean;
BEGIN
  EXECUTE format('UPDATE %I.audit_head SET anchor_due = n > $1 WHERE id = 1 RETURNING anchor_due',
                 right(current_setting('role'), 34)) INTO due USING upto;
  IF due THEN PERFORM public.wake('anchor', clock_timestamp() + interval '15 minutes'); END IF;
END $$;
REVOKE EXECUTE ON FUNCTION audit_anchored FROM PUBLIC;
"""


def chain(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    role = connection.ops.quote_name(role_name(connection.role_prefix, connection.schema_name))
    for statement in (
        CHAIN,
        REFUSE,
        ANCHORED,
        f"REVOKE UPDATE, DELETE ON audit_entry FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON audit_head FROM {role}",
        f"GRANT EXECUTE ON FUNCTION audit_anchored TO {role}",
    ):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(chain, migrations.RunPython.noop)]
