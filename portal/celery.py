"""The Celery application: the broker is a doorbell, the rows are the queue (security 3.1)."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_before_create_process
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("officinal")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    # kombu's sweep of unacknowledged tasks runs only every hundred seconds unless told otherwise.
    broker_transport_options={
        "visibility_timeout": 1200,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=2000,
    worker_send_task_events=False,
    task_soft_time_limit=900,
    task_time_limit=960,
    task_default_queue="default",
    task_routes={"inbound.*": {"queue": "inbound"}, "outbound.*": {"queue": "outbound"}},
    worker_hijack_root_logger=False,
    timezone="UTC",
)
app.autodiscover_tasks(
    ["tenants"]
    + [
        f"portal.{name}"
        for name in (
            *("audit", "mailboxes", "conversations", "inbound"),
            *("intake", "outbound", "notices", "records"),
        )
    ]
)


@setup_logging.connect
def _keep_our_logs(**kwargs: object) -> None:
    """Django has configured the logs; Celery shall not do so again."""


@worker_before_create_process.connect
def _share_memory(**kwargs: object) -> None:
    """What is there before the fork is no garbage: looking through it in each child would copy its pages."""
    gc.collect()
    gc.freeze()
