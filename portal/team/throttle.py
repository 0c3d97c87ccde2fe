"""Count tries without keeping a name or an address: who tries too often waits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from portal.team.models import Attempt
from portal.vault.index import fingerprint

TAKE = """
INSERT INTO team_attempt AS a (key, count, window_ends_at) VALUES (%(key)s, %(weight)s, %(ends)s)
ON CONFLICT (key) DO UPDATE
   SET count = CASE WHEN a.window_ends_at <= %(now)s THEN %(weight)s
                    ELSE LEAST(a.count::bigint + %(weight)s, 2147483647)::int END,
       window_ends_at = CASE WHEN a.window_ends_at <= %(now)s THEN %(ends)s ELSE a.window_ends_at END
RETURNING count
"""
IPV6_NETWORK = 64  # what one household or office is given


@dataclass(frozen=True)
class Limit:
    """At most so many tries in a window that starts with the first one."""

    name: str
    most: int
    window: timedelta


QUARTER = timedelta(minutes=15)
SIGN_IN_HERE = Limit("sign-in-here", 5, QUARTER)  # one name from one address
SIGN_IN_ADDRESS = Limit("sign-in-address", 20, QUARTER)  # any names from one address
SIGN_IN_NAME = Limit("sign-in-name", 50, QUARTER)  # one name from addresses where it never signed in
CODE = Limit("code", 5, QUARTER)
CODE_DAY = Limit("code-day", 20, timedelta(days=1))
UNLOCK = Limit("unlock", 5, QUARTER)
# Not a limit but a memory: this name signed in from this address.
KNOWN_PLACE = Limit("known-place", 1, timedelta(days=90))


@dataclass(frozen=True)
class Try:
    """The outcome of asking for a try."""

    allowed: bool
    first_refusal: bool = False


def take(limit: Limit, value: str, *, now: datetime, weight: int = 1) -> Try:
    """Count a try before it is made, so that two at once are two. To be called with no transaction open.

    `weight` is how many it counts for, where the limit is on kilobytes.
    """
    with connection.cursor() as cursor:
        ends = now + limit.window
        cursor.execute(TAKE, {"key": _key(limit, value), "now": now, "ends": ends, "weight": weight})
        count = int(cursor.fetchone()[0])
    return Try(count <= limit.most, limit.most < count <= limit.most + weight)


def forgive(limit: Limit, value: str) -> None:
    """Forget the tries: the last one was good."""
    Attempt.objects.filter(key=_key(limit, value)).delete()


def give_back(limit: Limit, value: str) -> None:
    """Uncount one try: it was good, and says nothing of the others."""
    Attempt.objects.filter(key=_key(limit, value), count__gt=0).update(count=F("count") - 1)


def remember(limit: Limit, value: str, *, now: datetime) -> None:
    Attempt.objects.update_or_create(
        key=_key(limit, value), defaults={"count": 1, "window_ends_at": now + limit.window}
    )


def is_remembered(limit: Limit, value: str, *, now: datetime) -> bool:
    return Attempt.objects.filter(key=_key(limit, value), window_ends_at__gt=now).exists()


def drop_expired(*, now: datetime) -> None:
    Attempt.objects.filter(window_ends_at__lte=now).delete()


def network_of(address: str) -> str:
    """The address, or the /64 of an IPv6 one, in one form; anything else is one place for all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "nowhere"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
    return str(parsed)


def _key(limit: Limit, value: str) -> str:
    return fingerprint(f"team.attempt.{limit.name}", value)
