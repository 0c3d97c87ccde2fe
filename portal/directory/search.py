"""Find people and places of the national directory while somebody types (adr/0014-words-of-the-directory.md).

Beginnings of words, in any order, without accents or case. First those of the pharmacy's own department, then those
of the country, each list cut short: what is asked of the database is bounded, however common the words are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from portal.directory.models import Entry, EntryQuerySet, Load, Reference
from portal.directory.words import LONGEST_PREFIX, SHORTEST_PREFIX, area_mark, area_of, asked_words

MOST_FOUND = 12
MOST_WORDS = 8
LONGEST_TYPED = 100
# How many rows are compared before the best are shown.
MOST_NEAR, MOST_FAR = 150, 200
# When every word is common, the country is looked for no further than among so many rows.
MOST_SCANNED = 20_000
# What meeting a word is worth: the whole of a name, its beginning, what the person does, a street.
WHOLE_NAME, NAME, TRADE, ELSEWHERE = 4.0, 3.0, 2.0, 1.0
SAME_TOWN, SAME_AREA = 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """The best, in order. `more`: others were left out. `loaded`: there is a directory at all."""

    entries: tuple[Entry, ...] = ()
    more: bool = False
    loaded: bool = True


class _Row(NamedTuple):
    """What is compared of an entry."""

    id: int
    words: str
    last_name: str
    first_name: str
    profession: str
    speciality: str
    structure: str
    service: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed, by how it is looked for: `rare` in the index, `others` in the rows that it gives."""

    words: tuple[str, ...]
    rare: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def beginnings(self) -> list[str]:
        return [f"{word}:*" for word in self.rare]

    @property
    def whole(self) -> list[str]:
        """Words that are too short for a beginning, where there are no others."""
        return [word for word in self.others if len(word) == SHORTEST_PREFIX - 1 and not self.rare]


def find_entries(typed: str, *, postcode: str = "") -> Found:
    """Whom these beginnings of words may mean; those near `postcode` first. A single letter finds nobody."""
    load_id = Load.objects.in_place(Reference.DIRECTORY).values_list("id", flat=True).first()
    if load_id is None:
        return Found(loaded=False)
    load = _load(load_id)
    words = asked_words(typed[:LONGEST_TYPED])[:MOST_WORDS]
    if not any(len(word) > 1 for word in words):
        return Found()
    asked = _asked(words, load.common)
    scored = [(_score(row, words, postcode), row) for row in _near(asked, load, postcode)]
    by_name = [score for score, _ in scored if score >= NAME * len(words)]
    if len(by_name) < MOST_FOUND:
        near = {row.id for _, row in scored}
        far = (row for row in _far(asked) if row.id not in near)
        scored += [(_score(row, words, postcode), row) for row in far]
    scored.sort(key=lambda each: (-each[0], each[1].last_name, each[1].first_name, each[1].id))
    best = [row.id for _, row in scored[:MOST_FOUND]]
    entries = Entry.objects.in_bulk(best)
    return Found(tuple(entries[pk] for pk in best if pk in entries), more=len(scored) > MOST_FOUND)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What is kept of a load: beginnings that many lines have, and where each department lies."""

    common: frozenset[str]
    areas: dict[str, tuple[int, int]]


@lru_cache(maxsize=2)
def _load(load_id: int) -> _Loaded:
    common, areas = Load.objects.values_list("common", "areas").get(pk=load_id)
    return _Loaded(frozenset(common), {area: (first, last) for area, (first, last) in areas.items()})


def _asked(words: Sequence[str], common: frozenset[str]) -> _Asked:
    rare = [word for word in words if len(word) >= SHORTEST_PREFIX and word[:LONGEST_PREFIX] not in common]
    return _Asked(tuple(words), tuple(rare), tuple(word for word in words if word not in rare))


def _near(asked: _Asked, load: _Loaded, postcode: str) -> list[_Row]:
    """Those of the department. Its mark is a word like others, and nobody can type it."""
    area = area_of(postcode)
    if area not in load.areas:
        return []
    if not asked.rare:
        return _first(Entry.objects.numbered(*load.areas[area]).holding(asked.words), MOST_NEAR)
    marks = [f"'{mark}'" for mark in area_mark(postcode)]
    return _first(Entry.objects.indexed([*asked.beginnings, *marks]).holding(asked.others), MOST_NEAR)


def _far(asked: _Asked) -> list[_Row]:
    if asked.rare:
        return _first(Entry.objects.indexed(asked.beginnings).holding(asked.others), MOST_FAR)
    if all(len(word) < SHORTEST_PREFIX for word in asked.words):
        return _first(Entry.objects.indexed(asked.whole).holding(asked.others), MOST_FAR)
    # No index helps with words that everybody has: look where one happens to be, and not for long.
    return _first(Entry.objects.numbered(1, MOST_SCANNED).holding(asked.others), MOST_FAR)


def _first(found: EntryQuerySet, most: int) -> list[_Row]:
    return [_Row(*row) for row in found.values_list(*_Row._fields)[:most]]


def _score(row: _Row, words: Sequence[str], postcode: str) -> float:
    """How well it meets what was typed: in the name above all, then near by, then in what the person does.

    Where a word stands in `words` tells what it is: names come first, then trade, structure and town (extraction.py).
    """
    names = len(row.last_name) + len(row.first_name) + 2 if row.last_name else len(row.structure) + 1
    told = (row.profession, row.speciality, row.structure, row.service, row.town)
    trades = names + sum(map(len, told)) + len(told)
    score = sum(_weight(row.words, word, names, trades) for word in words)
    if postcode and row.postcode == postcode:
        score += SAME_TOWN
    elif postcode and area_of(row.postcode) == area_of(postcode):
        score += SAME_AREA
    return score


def _weight(words: str, word: str, names: int, trades: int) -> float:
    whole = words.find(f" {word} ")
    if 0 <= whole < names:
        return WHOLE_NAME
    start = words.find(f" {word}")
    if start < names:
        return NAME
    return TRADE if start < trades else ELSEWHERE
