"""The demonstration shows its codes to anybody: it may touch nothing but this machine."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from portal.mailboxes.models import Mailbox
from tenants.context import inside
from tenants.models import Pharmacy


def refuse_exposed_demo() -> None:
    """Raises ImproperlyConfigured when DEMO is set and the web process would be reached from elsewhere, or would
    have notices leave this machine."""
    if not settings.DEMO:
        return
    if not is_loopback(settings.BIND.rpartition(":")[0]):
        raise ImproperlyConfigured("DEMO is refused: BIND is not a loopback address")
    if settings.NOTICE_SMTP_HOST and not is_loopback(settings.NOTICE_SMTP_HOST):
        raise ImproperlyConfigured("DEMO is refused: NOTICE_SMTP_HOST is on another machine")
    if settings.SMS_URL and not is_loopback(urlsplit(settings.SMS_URL).hostname or ""):
        raise ImproperlyConfigured("DEMO is refused: SMS_URL is on another machine")


@register(Tags.database)
def demo_mailboxes_are_the_sandbox(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every mailbox of a demonstration is the stand-in operator's, on this machine."""
    if not settings.DEMO or "default" not in (databases or []):
        return []
    return [
        Error(f"DEMO is refused: a mailbox of {pharmacy.schema_name} is on another machine", id="web.E001")
        for pharmacy in Pharmacy.objects.all()
        if not _stays_here(pharmacy)
    ]


def is_loopback(host: str) -> bool:
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _stays_here(pharmacy: Pharmacy) -> bool:
    with inside(pharmacy):
        hosts = Mailbox.objects.values_list("imap_host", "smtp_host")
        return all(is_loopback(host) for pair in hosts for host in pair)
