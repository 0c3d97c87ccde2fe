"""Copy each run's database from one that was migrated before: some seconds less for every run of a single file.

Only on the embedded server, which is this checkout's own. The copy is then migrated like any other: public has nothing
to do, the SQL functions and rights are made again for its own roles, and the recording of the migrations is there.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connections

from scripts.embedded import locked, state_folder
from tenants.fences import OWNER
from tenants.recording import digest

CHECKOUT = Path(__file__).resolve().parent.parent
NAME = "migrated_"  # it is also the prefix of roles, and those have room for 28 letters of it


def use_template() -> None:
    """Have the test database copied, and first make what it is copied from, if anything that shapes it has changed."""
    owner: Any = connections[OWNER]
    name = f"{NAME}{_key()}"
    owner.close()
    with locked(state_folder() / "template.lock"), owner.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [NAME])
        found = {row[0] for row in cursor.fetchall()}
        if name not in found:
            _make(name)
            for former in found - {f"{name}_new"}:  # a run that was killed may have left that one
                cursor.execute(f'DROP DATABASE IF EXISTS "{former}" WITH (FORCE)')
            cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    owner.settings_dict["TEST"]["TEMPLATE"] = name


def _key() -> str:
    """What shapes a database before any test: the migrations, and all that makes schemas, roles and rights."""
    hashed = sha256(digest().encode())
    for path in sorted((*(CHECKOUT / "tenants").rglob("*.py"), CHECKOUT / "portal" / "vault" / "fields.py")):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


def _make(name: str) -> None:
    """A database as Django makes one for tests, under a name that nobody copies from until it is complete."""
    owner: Any = connections[OWNER]
    settings = [connections[alias].settings_dict for alias in (OWNER, "default")]
    before = [(each["NAME"], each["ROLE_PREFIX"]) for each in settings]
    test = owner.settings_dict["TEST"]
    wanted, test["NAME"] = test["NAME"], f"{name}_new"
    try:
        owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connections.close_all()
        test["NAME"] = wanted
        for each, (database, prefix) in zip(settings, before, strict=True):
            each["NAME"], each["ROLE_PREFIX"] = database, prefix
