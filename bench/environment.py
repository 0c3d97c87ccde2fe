"""Give the measurements a PostgreSQL of their own that flushes to disk, and take everything away afterwards."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from scripts.embedded import Postgres, locked, state_folder

DATABASE = "officinal_bench"


@dataclass(frozen=True)
class Place:
    """Where this run works: its folder, and the process at the top of its PostgreSQL."""

    folder: Path
    postmaster: int


@contextmanager
def prepared() -> Iterator[Place]:
    """Start the database and set the environment that `portal.settings` reads; one run at a time."""
    signal.signal(signal.SIGTERM, _leave)
    home = state_folder() / "bench"
    with locked(home.with_suffix(".lock")):
        postgres = Postgres(home, throwaway=False)  # its binaries are shared with tests and demo
        _remove(postgres, home)  # what a killed run left
        try:
            server = postgres.start(54400)
            postgres.ensure_database(server, DATABASE)
            os.environ.update(
                DATABASE_URL=server.url("portal_login", DATABASE),
                DATABASE_OWNER_URL=server.url("portal_owner", DATABASE),
                **_secrets(),
                **_folders(home),
            )
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
            yield Place(home, int((postgres.data / "postmaster.pid").read_text().split()[0]))
        finally:
            _remove(postgres, home)


def _secrets() -> dict[str, str]:
    private = X25519PrivateKey.generate()
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "VAULT_KEY": _base64(secrets.token_bytes(32)),
        "ANCHOR_KEY": _base64(secrets.token_bytes(32)),
        "TRANSPORT_PRIVATE_KEY": _base64(private.private_bytes_raw()),
        "TRANSPORT_PUBLIC_KEY": _base64(private.public_key().public_bytes_raw()),
    }


def _folders(home: Path) -> dict[str, str]:
    return {
        "BLOB_ROOT": str(home / "blobs"),
        "ANCHOR_FILE": str(home / "anchors.jsonl"),
        "STATIC_ROOT": str(home / "static"),
        "BEHIND_PROXY": "1",  # cookies and headers as in production, without a proxy to measure
        "EVENTS": "proxy",  # pages as in production, with the scripts that listen
        "ANTIVIRUS": "builtin-eicar",
        "LOG_LEVEL": "INFO",
    }


def _base64(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def _remove(postgres: Postgres, home: Path) -> None:
    postgres.stop()
    shutil.rmtree(home, ignore_errors=True)


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
