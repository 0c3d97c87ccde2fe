"""The trust space: which domains may be written to (mssante 2.7)."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.directory.models import TrustedDomain

OWNER = "owner"


def refused_domains(domains: Iterable[str]) -> set[str]:
    """Those of `domains` (lower case, IDNA) that are outside the trust space.

    The domain of Mon espace santé is inside whatever the list says: an empty list refuses everything else.
    """
    asked = set(domains) - {settings.PATIENT_DOMAIN}
    if not asked:
        return set()
    known = TrustedDomain.objects.filter(domain__in=asked).values_list("domain", flat=True)
    return asked - set(known)


def replace_whitelist(domains: Iterable[str]) -> tuple[int, int]:
    """Make the white list exactly `domains`, in one transaction of the owner: (added, removed)."""
    wanted = set(domains)
    now = timezone.now()
    table = TrustedDomain.objects.using(OWNER)
    with transaction.atomic(using=OWNER):
        known = set(table.values_list("domain", flat=True))
        table.filter(domain__in=known - wanted).delete()
        table.filter(domain__in=known & wanted).update(loaded_at=now)
        table.bulk_create(TrustedDomain(domain=domain, loaded_at=now) for domain in sorted(wanted - known))
    return len(wanted - known), len(known - wanted)
