"""Tests that settings come from the environment or from files, and that a weak start is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase

CHECKOUT = Path(__file__).resolve().parent.parent
SHOW = "from django.conf import settings; print(repr(getattr(settings, {name!r})))"


def ask(name: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process reads as this setting."""
    base = {key: value for key, value in os.environ.items() if key != "SECRET_KEY"}
    return subprocess.run(
        [sys.executable, "-c", SHOW.format(name=name)],
        cwd=CHECKOUT,
        env=base | {"DJANGO_SETTINGS_MODULE": "portal.settings"} | env,
        capture_output=True,
        text=True,
        check=False,
    )


class Settings(TestCase):
    def test_every_secret_can_come_from_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "secret")
            path.write_text("kept in a file\n")
            found = ask("SECRET_KEY", SECRET_KEY_FILE=str(path))
        self.assertEqual(found.stdout.strip(), "'kept in a file'", found.stderr[-800:])

    def test_a_database_can_come_from_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "url")
            path.write_text("postgres://somebody:secret@db.example/elsewhere")
            env = {"DATABASE_URL_FILE": str(path), "DATABASE_URL": "", "SECRET_KEY": "x"}
            found = ask("DATABASES", **env)
        self.assertIn("db.example", found.stdout, found.stderr[-800:])

    def test_without_a_secret_key_nothing_starts(self) -> None:
        found = ask("SECRET_KEY")
        self.assertNotEqual(found.returncode, 0)
        self.assertIn("SECRET_KEY", found.stderr)

    def test_cookies_are_bound_to_the_host_over_https(self) -> None:
        self.assertIn("__Host-sid", ask("SESSION_COOKIE_NAME", SECRET_KEY="x").stdout)
        self.assertIn("'sid'", ask("SESSION_COOKIE_NAME", SECRET_KEY="x", DEMO="1").stdout)

    def test_the_idle_lock_never_waits_over_two_hours(self) -> None:
        self.assertIn("7200", ask("IDLE_LOCK", SECRET_KEY="x", IDLE_LOCK_MINUTES="600").stdout)

    def test_debug_is_off_even_in_the_demo(self) -> None:
        self.assertEqual(ask("DEBUG", SECRET_KEY="x", DEMO="1").stdout.strip(), "False")
