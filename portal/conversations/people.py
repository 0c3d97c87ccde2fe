"""Who takes part in a conversation: correspondents as kept in its row, the first one naming it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.mail.addresses import Address, key_of

MOST_PEOPLE = 50

Kept = list[dict[str, str]]


def kept(address: Address) -> dict[str, str]:
    """An address as it stands in sealed JSON."""
    return {"label": address.label, "address": address.address}


def addresses_of(people: Kept) -> list[Address]:
    """The other way round."""
    return [Address(person["label"], person["address"]) for person in people]


def takes_part(key: str, people: Kept) -> bool:
    """Whether the address with this key is among them."""
    return any(key_of(person["address"]) == key for person in people)


def joined(people: Kept, more: Iterable[Address], *, besides: Sequence[str]) -> Kept:
    """`people` and whoever is new, up to MOST_PEOPLE; never the keys `besides`, which are our own."""
    found = {key_of(person["address"]): person for person in people}
    for address in more:
        known = found.get(address.key)
        if known is not None:
            known["label"] = known["label"] or address.label
        elif address.address and address.key not in besides and len(found) < MOST_PEOPLE:
            found[address.key] = kept(address)
    return list(found.values())
