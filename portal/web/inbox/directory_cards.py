"""Lines of the national directory, and recipients, as the composer shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.directory.models import Entry
from portal.directory.naming import does, label_of, where
from portal.directory.search import Found
from portal.directory.whitelist import refused_domains
from portal.outbound.acquaintances import Stranger, who_they_are
from portal.outbound.addressees import read_recipient


@dataclass(frozen=True, slots=True)
class EntryCard:
    """Somebody to pick: the name, what the person does, where; `entry` is what then stands in the field."""

    name: str
    does: str
    where: str
    address: str

    @property
    def entry(self) -> str:
        return f"{self.name} <{self.address}>"


@dataclass(frozen=True, slots=True)
class RecipientCard:
    """An address that stands in the field: who it is, if the directory knows, and whether it may be written to."""

    address: str
    who: EntryCard | None
    trusted: bool = True
    patient: bool = False


@dataclass(frozen=True, slots=True)
class FoundCard:
    """What a search in the directory gave: `words` were looked for. `loaded`: there is a directory at all."""

    words: str = ""
    entries: tuple[EntryCard, ...] = ()
    more: bool = False
    loaded: bool = True


def entry_card(entry: Entry) -> EntryCard:
    return EntryCard(label_of(entry), does(entry), where(entry), entry.address)


def found_card(found: Found, words: str) -> FoundCard:
    return FoundCard(words, tuple(map(entry_card, found.entries)), found.more, found.loaded)


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
        RecipientCard(
            address=stranger.address.address,
            who=entry_card(stranger.entry) if stranger.entry else None,
            trusted=stranger.address.domain not in outside,
            patient=stranger.address.is_patient(),
        )
        for stranger in who_they_are(addresses)
    )


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
