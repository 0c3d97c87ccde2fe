"""How much the form takes in: from one address, in one pharmacy, on the whole platform (security 3.6).

Everything is counted in PostgreSQL before it is looked at: when that cannot be, nothing is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.team.throttle import Limit, give_back, network_of, take
from tenants.shares import take_share, take_share_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KILOBYTE = 1024
EVERYBODY = ""
COSTLY = 10
# What one address may take of the platform, in pharmacies that it may fill its share of: no more than a few.
SPREAD = 5


@dataclass(frozen=True)
class Limits:
    """One thing that is counted in three places, and of an address in all pharmacies together.

    Many patients may share an address: a family, a mobile operator.
    """

    address: Limit
    pharmacy: Limit
    platform: int


FILES = Limits(Limit("form-files-address", 100, HOUR), Limit("form-files", 1_500, HOUR), platform=30_000)
KILOBYTES = Limits(
    Limit("form-kb-address", 200 * KILOBYTE, HOUR),
    Limit("form-kb", 4 * KILOBYTE * KILOBYTE, DAY),
    platform=200 * KILOBYTE * KILOBYTE,
)
REQUESTS = Limits(
    Limit("form-requests-address", 20, HOUR), Limit("form-requests", 300, HOUR), platform=10_000
)
# The five tries of a tracking page, whoever makes them; and of one address at any of them.
TRACK = Limit("form-track", 5, HOUR)
TRACK_ADDRESS = Limit("form-track-address", 30, HOUR)


class TooMuch(Exception):
    """This address, this pharmacy or the platform has taken in all that it may for now: nobody is told which."""


def admit_file(address: str, size: int, *, now: datetime) -> None:
    """Count a file of `size` bytes before it is looked at. Raises TooMuch."""
    _admit(FILES, address, now=now)
    _admit(KILOBYTES, address, now=now, weight=max(1, size // KILOBYTE))


def weigh_costly(address: str, *, now: datetime) -> None:
    """A file that took all the time it may counts for ten, at its address alone: no other patient pays for it."""
    take(FILES.address, network_of(address), now=now, weight=COSTLY - 1)
    _take_of_address(FILES, address, weight=COSTLY - 1)


def admit_request(address: str, *, now: datetime) -> None:
    """Count a request before it is sent. Raises TooMuch."""
    _admit(REQUESTS, address, now=now)


def admit_try(reference: str, address: str, *, now: datetime) -> tuple[bool, bool]:
    """Count a try to follow a request: whether it may be made, and whether it is the first that may not.

    An address that is refused takes no try of the references that it goes through: their patients still get in.
    """
    place = take(TRACK_ADDRESS, network_of(address), now=now)
    if not place.allowed:
        return False, place.first_refusal
    here = take(TRACK, reference, now=now)
    return here.allowed, here.first_refusal


def forgive_try(reference: str, address: str) -> None:
    """It was the patient."""
    give_back(TRACK, reference)
    give_back(TRACK_ADDRESS, network_of(address))


def _admit(limits: Limits, address: str, *, now: datetime, weight: int = 1) -> None:
    """The narrowest first: who is refused there takes nothing of what others share."""
    if not take(limits.address, network_of(address), now=now, weight=weight).allowed:
        raise TooMuch
    if not _take_of_address(limits, address, weight=weight):
        raise TooMuch
    if not take(limits.pharmacy, EVERYBODY, now=now, weight=weight).allowed:
        raise TooMuch
    name, window = limits.pharmacy.name, limits.pharmacy.window
    if not take_share(name, weight=weight, most=limits.platform, window=window):
        raise TooMuch


def _take_of_address(limits: Limits, address: str, *, weight: int) -> bool:
    """What it takes of all pharmacies together, else one address could close the form of all of them."""
    who, most = network_of(address), limits.address.most * SPREAD
    return take_share_of(limits.pharmacy.name, who, weight=weight, most=most, window=limits.address.window)
