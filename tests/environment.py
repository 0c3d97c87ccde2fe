"""Give the tests a database when none is named: the embedded PostgreSQL, with everything made on the spot.

Loaded by pytest (`-p tests.environment`) before Django reads its settings.
"""

from __future__ import annotations

import base64
import os
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))


def _key(letter: str) -> str:
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


def _transport_pair() -> tuple[str, str]:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    private = X25519PrivateKey.from_private_bytes(b"t" * 32)
    public = private.public_key().public_bytes_raw()
    return base64.urlsafe_b64encode(public).decode(), _key("t")


def _embedded() -> dict[str, str]:
    from scripts.embedded import Postgres, state_folder

    postgres = Postgres(state_folder() / "test-postgres", throwaway=True)
    server = postgres.start(54300)
    postgres.ensure_database(server, "officinal")
    # So that emptying a pharmacy need not alter its tables (tests/emptying.py).
    postgres.sql(server, "postgres", "GRANT SET ON PARAMETER session_replication_role TO portal_owner")
    return {
        "DATABASE_URL": server.url("portal_login", "officinal"),
        "DATABASE_OWNER_URL": server.url("portal_owner", "officinal"),
        "TEST_TEMPLATE": "1",  # the server is this checkout's own: see tests/template.py
    }


def prepare() -> None:
    public, private = _transport_pair()
    if "DATABASE_OWNER_URL" not in os.environ:
        os.environ.update(_embedded())
    # Two runs on one machine shall not drop each other's database (nor its roles, which carry its name).
    os.environ.setdefault("TEST_DATABASE", f"test_officinal_{os.getpid()}")
    folder = tempfile.mkdtemp(prefix="officinal-tests-")
    Path(folder, "static").mkdir()
    os.environ.update(
        SECRET_KEY="only-for-tests",
        VAULT_KEY=_key("v"),
        TRANSPORT_PUBLIC_KEY=public,
        TRANSPORT_PRIVATE_KEY=private,
        ANCHOR_KEY=_key("a"),
        BLOB_ROOT=f"{folder}/blobs",
        ANCHOR_FILE=f"{folder}/anchors.jsonl",
        STATIC_ROOT=f"{folder}/static",
        PLAIN_STATIC="1",
        ANTIVIRUS="builtin-eicar",
        HOST_SECONDS="0",
        LOG_LEVEL="WARNING",
    )


prepare()
