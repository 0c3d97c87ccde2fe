"""Lines of the national directory, and recipients, as the composer shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntryCard:
    """Somebody to pick: the name, what the person does, where; `entry` is what then stands in the field.

    `known`: wrote to the pharmacy.
    """

    name: str
    does: str
    where: str
    address: str
    known: bool = False

    @property
    def entry(self) -> str:
        return f"{self.name} <{self.address}>" if self.name != self.address else self.address


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
