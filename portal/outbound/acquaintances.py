"""Whom the pharmacy never exchanged with: a first message to them is confirmed, and nothing is learned from typos.

Known is who wrote, and whom a message reached; never what was typed, nor what is still on its way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from portal.conversations.matching import correspondent_mark
from portal.conversations.models import Conversation
from portal.conversations.people import takes_part
from portal.directory.models import Entry
from portal.directory.naming import label_of
from portal.lib.text import fold
from portal.mail.addresses import Address
from portal.mailboxes.models import Mailbox
from portal.outbound.again import address_mark
from portal.outbound.models import Recipient, RecipientState
from portal.team.models import User

# An operator that sends no report of success gives up on an address after some days (RFC 5321 4.5.4.1).
SETTLED = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Stranger:
    """An address of a first message, and who it is in the directory; nobody if it is not in it."""

    address: Address
    entry: Entry | None


class FirstContact(Exception):
    """These were never exchanged with, and nobody said that they are meant: nothing was sent."""

    def __init__(self, strangers: Sequence[Stranger]) -> None:
        super().__init__(f"{len(strangers)} first contacts")
        self.strangers = tuple(strangers)


def refuse_strangers(
    to: Sequence[Address], conversation: Conversation | None, *, by: User, sure: Collection[str]
) -> None:
    """`sure`: the addresses that `by` confirmed.

    Who was picked in the directory is confirmed by that: the label is then the very name that stands there.

    Raises:
        FirstContact: with those that are to be confirmed.
    """
    confirmed = {address.casefold() for address in sure}
    people = conversation.people if conversation else []
    asked = [each for each in to if each.key not in confirmed and not takes_part(each.key, people)]
    unknown = _never_exchanged(asked, by) if asked else []
    strangers = [each for each in who_they_are(unknown) if not _picked(each)]
    if strangers:
        raise FirstContact(strangers)


def who_they_are(addresses: Sequence[Address]) -> list[Stranger]:
    """Each with the first line that the directory has of it; one with the label's name before others."""
    lines = Entry.objects.known_as([each.key for each in addresses]) if addresses else ()
    found: dict[str, list[Entry]] = {}
    for entry in lines:
        found.setdefault(entry.address, []).append(entry)
    return [Stranger(each, next(iter(found.get(each.key, ())), None)) for each in addresses]


def _picked(stranger: Stranger) -> bool:
    entry, label = stranger.entry, stranger.address.label
    return entry is not None and bool(label) and fold(label) == fold(label_of(entry))


def _never_exchanged(addresses: Sequence[Address], by: User) -> list[Address]:
    """Three short look-ups, each by an index."""
    seen = Mailbox.objects.seen_by(by.pk)
    own = {address.lower() for address in seen.values_list("address", flat=True)}
    marks = {correspondent_mark(each.key): each.key for each in addresses}
    wrote = {marks[mark] for mark in _wrote_first(marks.keys(), by)}
    sent = {address_mark(each.address): each.key for each in addresses}
    reached = {sent[mark] for mark in _reached(sent.keys(), by)}
    return [each for each in addresses if each.key not in own | wrote | reached]


def _wrote_first(marks: Collection[str], by: User) -> set[str]:
    """Conversations that began with a message from them: one that we began is named after what was typed."""
    found = Conversation.objects.visible_to(by.pk).filter(correspondent_fingerprint__in=marks)
    received = found.begun_by_them()
    return set(received.values_list("correspondent_fingerprint", flat=True))


def _reached(marks: Collection[str], by: User) -> set[str]:
    settled = Q(state=RecipientState.ACCEPTED, decided_at__lte=timezone.now() - SETTLED)
    found = Recipient.objects.filter(
        Q(state=RecipientState.DELIVERED) | settled,
        address_fingerprint__in=marks,
        delivery__mailbox__in=Mailbox.objects.seen_by(by.pk).values("id"),
    )
    return set(found.values_list("address_fingerprint", flat=True))
