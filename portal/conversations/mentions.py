"""« @Claire » in a note: who may be named so, by which name, and who is."""

from __future__ import annotations

import unicodedata
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from portal.team.models import User

if TYPE_CHECKING:
    from portal.mailboxes.models import Mailbox

SIGN = "@"


class NotMentionable(Exception):
    """This person does not work here, or does not see the mailbox."""


@dataclass(frozen=True, slots=True)
class Handle:
    """Whom « @… » calls: her first name or, where two have the same, her whole name."""

    id: UUID
    name: str
    word: str


def handles(people: Iterable[User], mailbox: Mailbox, *, besides: UUID) -> list[Handle]:
    """Those of the team who may be named in a conversation of this mailbox, by name; never oneself."""
    today = timezone.localdate()
    here = [each for each in people if each.in_service(today) and mailbox.owner_id in (None, each.pk)]
    alike = Tally(_folded(_first(each)) for each in here)
    found = [
        Handle(
            each.pk,
            each.display_name,
            _first(each) if alike[_folded(_first(each))] == 1 else each.display_name,
        )
        for each in here
        if each.pk != besides
    ]
    return sorted(found, key=lambda handle: _folded(handle.name))


def named_in(text: str, known: Sequence[Handle]) -> list[UUID]:
    """Who is named, in order and each once. Accents and capitals do not matter; the longest name wins."""
    folded, found = _folded(text), dict[UUID, None]()
    longest_first = sorted(known, key=lambda handle: -len(handle.word))
    place = folded.find(SIGN)
    while place != -1:
        if place == 0 or not folded[place - 1].isalnum():
            rest = folded[place + 1 :]
            called = next((handle for handle in longest_first if _begins(rest, _folded(handle.word))), None)
            if called:
                found[called.id] = None
        place = folded.find(SIGN, place + 1)
    return list(found)


def _begins(text: str, word: str) -> bool:
    return text.startswith(word) and not text[len(word) : len(word) + 1].isalnum()


def _first(person: User) -> str:
    return (person.display_name.split() or [person.display_name])[0]


def _folded(text: str) -> str:
    """Letter by letter, so that places stay."""
    return "".join(unicodedata.normalize("NFD", letter)[0].lower()[:1] for letter in text)
