"""Which pharmacy answers at a host, remembered for a moment: every request asks."""

from __future__ import annotations

import time

from django.conf import settings

from tenants.models import Domain

# More than any cell holds; a table that grows beyond is emptied, not searched for the oldest.
MOST = 4_000


class HostTable:
    """Hosts that were found lately, with their pharmacies. Unknown ones are never kept.

    What an operator changes (a suspension, a moved host, a keyring) is seen HOST_SECONDS later at most.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[float, Domain]] = {}

    def find(self, name: str) -> Domain | None:
        """The row of this very host with its pharmacy: no wildcard, no `www.` taken off (security 3.7, fence 1)."""
        now = time.monotonic()
        kept = self._found.get(name)
        if kept is not None and now < kept[0]:
            return kept[1]
        domain = Domain.objects.select_related("tenant").filter(domain=name).first()
        if domain is None:
            self._found.pop(name, None)
        elif settings.HOST_SECONDS > 0:
            if len(self._found) >= MOST:
                self._found.clear()
            self._found[name] = (now + settings.HOST_SECONDS, domain)
        return domain


hosts = HostTable()
