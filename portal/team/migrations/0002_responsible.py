"""Let the database see to it that the responsible person is always an active pharmacist."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tenants.backend.base import role_name

# Deferred: deactivating one and transferring to another may come in any order within a transaction.
CHECK = """
CREATE FUNCTION team_responsible() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE fit boolean;
BEGIN
  EXECUTE format('SELECT bool_and(u.active AND u.role IN (''titulaire'', ''adjoint'', ''remplacant''))
                    FROM %1$I.team_responsibility r JOIN %1$I.team_user u ON u.id = r.user_id', TG_TABLE_SCHEMA)
     INTO fit;
  IF fit IS FALSE THEN
    RAISE check_violation USING MESSAGE = 'the responsible person must be an active pharmacist',
      CONSTRAINT = 'responsible_is_active_pharmacist';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER responsible_fit AFTER INSERT OR UPDATE ON team_responsibility
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION team_responsible();
CREATE CONSTRAINT TRIGGER responsible_fit AFTER UPDATE OF active, role ON team_user
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION team_responsible();
"""


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    role = connection.ops.quote_name(role_name(connection.role_prefix, connection.schema_name))
    schema_editor.execute(CHECK, params=None)
    schema_editor.execute(f"REVOKE DELETE ON team_responsibility FROM {role}", params=None)


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
