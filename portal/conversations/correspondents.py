"""Professionals who wrote to the pharmacy, found among its newest conversations: no list of contacts is kept."""

from __future__ import annotations

from collections.abc import Sequence

from portal.conversations.models import Conversation, ConversationKind
from portal.conversations.people import addresses_of
from portal.directory.words import words_of
from portal.mail.addresses import Address
from portal.team.models import User

MOST_LOOKED_AT = 200  # of those that are open, and of those that are done


def who_wrote(words: Sequence[str], *, to: User, most: int) -> list[Address]:
    """Those whose name or address has a word that begins with each of `words` (folded); who wrote last comes first."""
    found: dict[str, Address] = {}
    for address in _newest(to):
        if address.key not in found and _meets(address, words):
            found[address.key] = address
        if len(found) == most:
            break
    return list(found.values())


def _newest(user: User) -> list[Address]:
    """By the index of the lists, whatever their number: the newest first, and only then whom they are with."""
    visible = Conversation.objects.visible_to(user.pk)
    newest = (state.newest_first().values_list("pk", flat=True) for state in (visible.open(), visible.done()))
    ids = [pk for found in newest for pk in found[:MOST_LOOKED_AT]]
    rows = Conversation.objects.filter(pk__in=ids, kind=ConversationKind.PROFESSIONAL).begun_by_them()
    named = (addresses_of(row.people[:1]) for row in rows.newest_first().only("id", "people"))
    return [people[0] for people in named if people and people[0].address]


def _meets(address: Address, words: Sequence[str]) -> bool:
    there = words_of(f"{address.label} {address.address}")
    return bool(words) and all(any(each.startswith(word) for each in there) for word in words)
