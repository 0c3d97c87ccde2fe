"""The door for gunicorn -k asgi: live events. It knows no table, so it does without Django (docs/configuration.md)."""

from __future__ import annotations

from environs import FileAwareEnv

from portal.live.app import Application
from portal.live.door import Door

env = FileAwareEnv(strip_whitespace=True)
PATH = "/equipe/evenements/"  # portal/web/live/urls.py: the pages' answer to this very address is the door

_host, _, _port = env.str("PAGES", "127.0.0.1:8000").rpartition(":")
application = Application(
    database_url=env.str("DATABASE_URL"),
    door=Door(_host, int(_port), PATH),
    own_port=env.str("EVENTS", "").isdigit(),
)
