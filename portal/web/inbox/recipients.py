"""Whom the field of the composer names or may mean: made into cards."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from portal.directory.models import Entry
from portal.directory.naming import clean_label, does, label_of, where
from portal.directory.search import Found
from portal.directory.whitelist import refused_domains
from portal.mail.addresses import Address
from portal.outbound.acquaintances import Stranger, who_they_are
from portal.outbound.addressees import read_recipient
from portal.web.inbox.directory_cards import EntryCard, FoundCard, RecipientCard
from portal.web.inbox.people import named


def entry_card(entry: Entry) -> EntryCard:
    return EntryCard(label_of(entry), does(entry), where(entry), entry.address)


def found_card(found: Found, words: str, known: Sequence[Address]) -> FoundCard:
    """Those who wrote to the pharmacy before the others; the directory may know nothing of them (liste rouge)."""
    wrote = [_known_card(stranger) for stranger in who_they_are(known)]
    there = {card.address for card in wrote}
    others = [entry_card(entry) for entry in found.entries if entry.address not in there]
    return FoundCard(words, (*wrote, *others), found.more, found.loaded)


def _known_card(stranger: Stranger) -> EntryCard:
    if stranger.entry is not None:
        return dataclasses.replace(entry_card(stranger.entry), known=True)
    name = named(stranger.address)
    return EntryCard(clean_label(name) if "@" not in name else name, "", "", stranger.address.key, known=True)


def stranger_card(stranger: Stranger) -> RecipientCard:
    entry = stranger.entry
    return RecipientCard(stranger.address.address, entry_card(entry) if entry else None)


def recipient_cards(typed: Iterable[str]) -> tuple[RecipientCard, ...]:
    """Those of the field that are whole addresses: two look-ups, none when there are none."""
    addresses = [address for address in map(read_recipient, typed) if address is not None]
    if not addresses:
        return ()
    outside = refused_domains({address.domain for address in addresses})
    return tuple(
        dataclasses.replace(
            stranger_card(stranger),
            trusted=stranger.address.domain not in outside,
            patient=stranger.address.is_patient(),
        )
        for stranger in who_they_are(addresses)
    )


def known_so_far(typed: Sequence[str], *, unfinished: bool) -> tuple[RecipientCard, ...]:
    """The same while one types: nothing is said of an address that may go on, unless it is somebody's already."""
    cards = recipient_cards(typed)
    return cards[:-1] if unfinished and cards and cards[-1].who is None else cards


def split_field(parts: Sequence[str]) -> tuple[list[str], str]:
    """The recipients that stand in the field, and the words at its end that are not one yet."""
    whole = list(parts)
    if whole and read_recipient(whole[-1]) is None:
        return whole[:-1], whole[-1]
    return whole, ""


def picked(parts: Sequence[str], entry: str) -> str:
    """The field once `entry` was picked for the words at its end; a comma after it, ready for the next."""
    whole, _ = split_field(parts)
    return ", ".join([*whole, entry]) + ", "
