"""The clock: one tick, and nothing else. It knows no table, so it does without Django and a third of the memory.

Run it as `celery -A portal.clock beat`. What is due is the worker's to find (tenants/tasks.py).
"""

from __future__ import annotations

import os

# Celery would set Django up for us if it saw this.
os.environ.pop("DJANGO_SETTINGS_MODULE", None)

from celery import Celery
from environs import FileAwareEnv

env = FileAwareEnv(strip_whitespace=True)
app = Celery("officinal-clock")
app.conf.update(
    broker_url=env.str("BROKER_URL", "memory://"),
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    timezone="UTC",
    beat_schedule={
        "tick": {
            "task": "tenants.tick",
            "schedule": env.float("TICK_SECONDS", 1.0),
            # A tick that waited is of no use: the next one finds the same rows.
            "options": {"expires": 5, "queue": "default"},
        }
    },
)
