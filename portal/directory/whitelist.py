"""The trust space: which domains may be written to (mssante 2.7)."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.directory.models import Load, Reference, TrustedDomain
from tenants.connections import OWNER


class Shrunk(Exception):
    """A list that lost so many domains cannot be true; the message says how many, in French."""


def refused_domains(domains: Iterable[str]) -> set[str]:
    """Those of `domains` (lower case, IDNA) that are outside the trust space.

    The domain of Mon espace santé is inside whatever the list says: an empty list refuses everything else.
    """
    asked = set(domains) - {settings.PATIENT_DOMAIN}
    if not asked:
        return set()
    known = TrustedDomain.objects.filter(domain__in=asked).values_list("domain", flat=True)
    return asked - set(known)


def replace_whitelist(domains: Iterable[str], *, forced: bool = False) -> tuple[int, int]:
    """Make the white list exactly `domains`, in one transaction of the owner: (added, removed).

    Raises:
        Shrunk: it lost more than WHITELIST_MOST_LOST per cent of its domains, and is not `forced`. A file cut in its
            middle may still be well formed.
    """
    wanted = set(domains)
    now = timezone.now()
    table = TrustedDomain.objects.using(OWNER)
    with transaction.atomic(using=OWNER):
        known = set(table.values_list("domain", flat=True))
        lost, gained = known - wanted, wanted - known
        if not forced and len(lost) * 100 > len(known) * settings.WHITELIST_MOST_LOST:
            raise Shrunk(f"Le fichier a perdu {len(lost)} domaines sur les {len(known)} en place.")
        table.filter(domain__in=lost).delete()
        table.filter(domain__in=known & wanted).update(loaded_at=now)
        table.bulk_create(TrustedDomain(domain=domain, loaded_at=now) for domain in sorted(gained))
        Load.objects.using(OWNER).create(
            what=Reference.WHITELIST, at=now, rows=len(wanted), added=len(gained), removed=len(lost)
        )
    return len(gained), len(lost)
