"""Logs as one JSON object a line: ids and counts, never a patient's word."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog


class WithoutAddress(logging.Filter):
    """Names the route instead of the path: a path may hold a link that lets somebody in."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = record.__dict__.pop("request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = f"/{match.route}" if match else "no such address"
            record.args = tuple(route if arg == path else arg for arg in record.args)
        return True


def configure(options: dict[str, Any]) -> None:
    """Send every logger to standard error as JSON."""
    root = logging.getLogger()
    root.handlers = [writing_to(sys.stderr)]
    root.setLevel(options["level"])
    # Their lines hold addresses, URLs or SQL parameters, or say each second that nothing was due.
    for chatty in ("imapclient", "django.db.backends", "mail.log", "pymap", "PIL", "celery"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for answering in ("django.request", "django.security.csrf"):
        logging.getLogger(answering).addFilter(WithoutAddress())


def writing_to(stream: TextIO) -> logging.Handler:
    """Write records as JSON, whoever made them without the address of the request; no local variable is shown."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(WithoutAddress())
    return handler
