"""What each database role may do: SQL run by the owner after the public migrations and for each new pharmacy.

Every statement may run again. Names of roles and schemas are made by us from UUIDs and one setting, and are quoted.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from tenants.backend.base import role_name
from tenants.connections import OWNER, owner

__all__ = ["OWNER", "drop_pharmacy", "fence_pharmacy", "fence_public", "grant_reading", "hide_migrations"]

# Reference data that each pharmacy may read, and nobody but the owner may write.
REFERENCE_TABLES = ("directory_trusteddomain", "directory_entry", "directory_load")

WAKE = """
CREATE OR REPLACE FUNCTION public.wake(what text, due_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE pharmacy uuid;
BEGIN
  SELECT p.id INTO pharmacy FROM public.tenants_pharmacy p
   WHERE current_setting('role') = '{prefix}_' || p.schema_name;
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'wake: not inside a pharmacy'; END IF;
  INSERT INTO public.tenants_wakeup AS w (pharmacy_id, what, due_at, wanted_at) VALUES (pharmacy, $1, $2, $2)
  ON CONFLICT ON CONSTRAINT wakeup_once DO UPDATE
     SET due_at = LEAST(w.due_at, EXCLUDED.due_at), wanted_at = LEAST(w.wanted_at, EXCLUDED.wanted_at);
END $$
"""

# A claim leaves the row due again in thirty seconds: if worker or broker die, that is the safety net.
CLAIM_DUE = """
CREATE OR REPLACE FUNCTION public.claim_due("limit" int)
RETURNS TABLE (pharmacy uuid, what text, claimed timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (SELECT w.id FROM public.tenants_wakeup w
                 JOIN public.tenants_pharmacy p ON p.id = w.pharmacy_id AND p.state = 'active' AND p.schema_current
                WHERE w.due_at <= clock_timestamp() ORDER BY w.due_at LIMIT $1 FOR UPDATE OF w SKIP LOCKED)
  UPDATE public.tenants_wakeup w SET due_at = clock_timestamp() + interval '30 seconds', wanted_at = NULL
    FROM due WHERE w.id = due.id
  RETURNING w.pharmacy_id, w.what::text, w.due_at
$$
"""

# Done with a claim: what was asked for meanwhile comes due, else the row goes and an idle pharmacy costs nothing.
REST = """
CREATE OR REPLACE FUNCTION public.rest(what text, claimed timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE pharmacy uuid;
BEGIN
  SELECT p.id INTO pharmacy FROM public.tenants_pharmacy p
   WHERE current_setting('role') = '{prefix}_' || p.schema_name;
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'rest: not inside a pharmacy'; END IF;
  DELETE FROM public.tenants_wakeup w
   WHERE w.pharmacy_id = pharmacy AND w.what = $1 AND w.due_at = $2 AND w.wanted_at IS NULL;
  UPDATE public.tenants_wakeup w SET due_at = w.wanted_at
   WHERE w.pharmacy_id = pharmacy AND w.what = $1 AND w.due_at = $2 AND w.wanted_at IS NOT NULL;
END $$
"""

# What all pharmacies share: whether `weight` more still fits into `most` of this window. Counted even if it does not.
# Some of what is over goes each time: after the count, and only what nobody holds, so that nobody waits for two rows.
TAKE_SHARE = """
CREATE OR REPLACE FUNCTION public.take_share(what text, weight int, most bigint, seconds int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE total bigint; ends timestamptz := clock_timestamp() + make_interval(secs => $4);
BEGIN
  PERFORM 1 FROM public.tenants_pharmacy p WHERE current_setting('role') = '{prefix}_' || p.schema_name;
  IF NOT FOUND THEN RAISE insufficient_privilege USING MESSAGE = 'take_share: not inside a pharmacy'; END IF;
  INSERT INTO public.tenants_tally AS t (what, n, window_ends_at) VALUES ($1, GREATEST($2, 1), ends)
  ON CONFLICT ON CONSTRAINT tenants_tally_pkey DO UPDATE
     SET n = CASE WHEN t.window_ends_at <= clock_timestamp() THEN EXCLUDED.n ELSE t.n + EXCLUDED.n END,
         window_ends_at = CASE WHEN t.window_ends_at <= clock_timestamp() THEN ends ELSE t.window_ends_at END
  RETURNING t.n INTO total;
  WITH gone AS MATERIALIZED (
    SELECT o.what FROM public.tenants_tally o WHERE o.window_ends_at <= clock_timestamp()
     ORDER BY o.window_ends_at LIMIT 100 FOR UPDATE SKIP LOCKED)
  DELETE FROM public.tenants_tally t USING gone WHERE t.what = gone.what;
  RETURN total <= $3;
END $$
"""

PUBLIC_RIGHTS = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {login};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {login}, {group};
GRANT SELECT ON tenants_pharmacy, tenants_domain TO {login};
REVOKE EXECUTE ON FUNCTION public.wake, public.claim_due, public.rest, public.take_share FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.wake, public.rest, public.take_share TO {group};
GRANT EXECUTE ON FUNCTION public.claim_due TO {login};
"""

PHARMACY_RIGHTS = """
CREATE SCHEMA {schema};
CREATE ROLE {role} NOLOGIN;
GRANT {group} TO {role};
GRANT {role} TO {login};
GRANT USAGE ON SCHEMA {schema} TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role};
"""


def _names() -> dict[str, str]:
    settings = owner().settings_dict
    prefix = settings["ROLE_PREFIX"]
    quote = owner().ops.quote_name
    return {
        "prefix": prefix,
        "group": quote(f"{prefix}_pharmacies"),
        "login": quote(settings["LOGIN_ROLE"]),
        "database": quote(str(settings["NAME"])),
    }


def fence_public() -> None:
    """Make the group role, the SQL functions and the rights in `public` (owner, after its migrations)."""
    names = _names()
    with owner().cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [f"{names['prefix']}_pharmacies"])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {names['group']} NOLOGIN")
        for function in (WAKE, CLAIM_DUE, REST, TAKE_SHARE):
            cursor.execute(function.format(**names))
        cursor.execute(PUBLIC_RIGHTS.format(**names))
        for table in REFERENCE_TABLES:
            grant_reading(table, cursor)


def grant_reading(table: str, cursor: CursorWrapper) -> None:
    """Let every pharmacy read a table of reference data (owner; again for one that is loaded anew)."""
    names = _names()
    cursor.execute(f"GRANT SELECT ON {table} TO {names['login']}, {names['group']}")


def fence_pharmacy(schema_name: str, cursor: CursorWrapper) -> None:
    """Make the schema of a pharmacy and the one role that may enter it (owner, before its migrations)."""
    quote = owner().ops.quote_name
    names = _names()
    role = quote(role_name(names["prefix"], schema_name))
    cursor.execute(PHARMACY_RIGHTS.format(**names, schema=quote(schema_name), role=role))


def hide_migrations(schema_name: str, cursor: CursorWrapper) -> None:
    """A pharmacy has no business in its own migration history."""
    quote = owner().ops.quote_name
    role = quote(role_name(_names()["prefix"], schema_name))
    cursor.execute(f"REVOKE ALL ON {quote(schema_name)}.django_migrations FROM {role}")


def drop_pharmacy(schema_name: str) -> None:
    """Remove a schema and its role; its rows in `public` go first."""
    quote = owner().ops.quote_name
    role = quote(role_name(_names()["prefix"], schema_name))
    with owner().cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quote(schema_name)} CASCADE")
        cursor.execute(f"DROP ROLE IF EXISTS {role}")
