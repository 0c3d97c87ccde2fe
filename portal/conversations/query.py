"""What somebody asks for in the search field: words, "phrases", and operators such as `de:` and `avant:`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from portal.conversations.models import WAITING, ConversationState
from portal.documents.sniff import Kind
from portal.vault.words import fold, words

LONGEST_QUERY = 200  # characters


class Operator(StrEnum):
    """As they are written; without accents they are understood too."""

    FROM = "de"
    TO = "à"
    PATIENT = "patient"
    FILE = "pj"
    BEFORE = "avant"
    SINCE = "après"
    STATE = "état"
    LABEL = "étiquette"


class Wrong(StrEnum):
    """Why an operator's value cannot be used."""

    MISSING = "missing"
    TOO_SHORT = "too-short"
    NO_DATE = "no-date"
    NO_STATE = "no-state"
    NO_LABEL = "no-label"


NAMED: Final = {fold(each.value): each for each in Operator}
STATES: Final[dict[str, tuple[ConversationState, ...]]] = {
    "a traiter": (ConversationState.OPEN,),
    "traiter": (ConversationState.OPEN,),
    "termine": (ConversationState.DONE,),
    "terminee": (ConversationState.DONE,),
    "en attente": WAITING,
    "attente": WAITING,
    "attente patient": (ConversationState.PATIENT,),
    "en attente du patient": (ConversationState.PATIENT,),
    "attente prescripteur": (ConversationState.PRESCRIBER,),
    "en attente du prescripteur": (ConversationState.PRESCRIBER,),
    "plus tard": (ConversationState.LATER,),
    "remis a plus tard": (ConversationState.LATER,),
}
PICTURES: Final = frozenset({Kind.JPEG, Kind.PNG, Kind.HEIC})
KINDS: Final = {"pdf": frozenset({Kind.PDF}), "photo": PICTURES, "image": PICTURES}
ME = "moi"
WITH, WITHOUT = {"oui"}, {"non", "aucune"}

PIECE = re.compile(
    r"""(?:(?P<name>[^\W\d_]+)[ \xa0\u202f]?:[ \xa0\u202f]?)?"""
    r"""(?:["«“](?P<quoted>[^"»”]*)["»”]?|(?P<bare>\S+))?"""
)
RUN = re.compile(r"[^\W_]+")
DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d\d))?")
MONTH = re.compile(r"(\d{1,2})[/.-](\d{4})")
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Fault:
    """An operator whose value cannot be used, and why."""

    operator: Operator
    value: str
    wrong: Wrong


class Misasked(Exception):
    """The query cannot be answered as it stands."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(fault.wrong for fault in faults))
        self.faults = faults


class NothingToLookFor(Exception):
    """No word of the query can be looked for: too short, or too common to be kept."""


@dataclass(frozen=True)
class Query:
    """`words` and each value are folded text; all of it must be met. `before` and `since` are days in Paris."""

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset()
    with_files: bool | None = None
    before: date | None = None
    since: date | None = None
    states: tuple[ConversationState, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass
class _Heard:
    """What was understood so far."""

    today: date
    text: list[str] = field(default_factory=list)
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    values: dict[Operator, list[str]] = field(default_factory=lambda: {each: [] for each in Operator})
    days: dict[Operator, date] = field(default_factory=dict)
    states: list[ConversationState] = field(default_factory=list)
    kinds: set[Kind] = field(default_factory=set)
    with_files: bool | None = None
    faults: list[Fault] = field(default_factory=list)


def parse(text: str, *, today: date) -> Query:
    """Raises Misasked and NothingToLookFor."""
    heard = _Heard(today)
    for piece in PIECE.finditer(text[:LONGEST_QUERY]):
        operator = NAMED.get(fold(piece["name"] or ""))
        if operator is not None:
            _operator(heard, operator, (piece["quoted"] or piece["bare"] or "").strip())
        elif piece["quoted"] is not None and not piece["name"]:
            _phrase(heard, piece["quoted"])
        elif piece[0]:
            heard.text.append(piece[0])
    if heard.faults:
        raise Misasked(tuple(heard.faults))
    found = _query(heard)
    if found == Query():
        raise NothingToLookFor
    return found


def _query(heard: _Heard) -> Query:
    return Query(
        words=tuple(sorted(words(" ".join(heard.text)))),
        phrases=tuple(heard.phrases),
        senders=tuple(heard.values[Operator.FROM]),
        recipients=tuple(heard.values[Operator.TO]),
        patients=tuple(heard.values[Operator.PATIENT]),
        files=tuple(heard.values[Operator.FILE]),
        kinds=frozenset(heard.kinds),
        with_files=heard.with_files,
        before=heard.days.get(Operator.BEFORE),
        since=heard.days.get(Operator.SINCE),
        states=tuple(heard.states),
        labels=tuple(heard.values[Operator.LABEL]),
    )


def _phrase(heard: _Heard, quoted: str) -> None:
    """Words side by side; of one that holds no word worth keeping, nothing can be looked for."""
    if words(quoted):
        heard.phrases.append(tuple(RUN.findall(fold(quoted))))


def _operator(heard: _Heard, operator: Operator, value: str) -> None:
    value = value.rstrip(",;")
    if not value:
        heard.faults.append(Fault(operator, "", Wrong.MISSING))
    elif operator in (Operator.BEFORE, Operator.SINCE):
        _day(heard, operator, value)
    elif operator is Operator.STATE:
        _state(heard, value)
    elif operator is Operator.LABEL:
        heard.values[operator].append(" ".join(fold(value).split()))
    elif operator is not Operator.FILE or not _nature(heard, fold(value)):
        if not (words(value) or (operator is Operator.FROM and fold(value) == ME)):
            heard.faults.append(Fault(operator, value, Wrong.TOO_SHORT))
        heard.values[operator].append(fold(value))


def _nature(heard: _Heard, value: str) -> bool:
    """Whether there are files, and of which kind: anything else is a word in one."""
    if value in WITH | WITHOUT:
        heard.with_files = value in WITH
    kinds = KINDS.get(value.rstrip("s"), frozenset())
    heard.kinds |= kinds
    return value in WITH | WITHOUT or bool(kinds)


def _state(heard: _Heard, value: str) -> None:
    states = STATES.get(" ".join(RUN.findall(fold(value))).rstrip("s"))
    if states is None:
        heard.faults.append(Fault(Operator.STATE, value, Wrong.NO_STATE))
    else:
        heard.states.extend(states)


def _day(heard: _Heard, operator: Operator, value: str) -> None:
    day = day_of(value, today=heard.today)
    if day is None:
        heard.faults.append(Fault(operator, value, Wrong.NO_DATE))
    else:
        heard.days[operator] = day


def day_of(text: str, *, today: date) -> date | None:
    """The day that is meant: 24/12/2026, 24/12 (the last one), 2026-12-24; of a month or a year its first."""
    known = {"aujourd'hui": today, "hier": today - timedelta(days=1)}
    if (named := known.get(fold(text).replace("’", "'"))) is not None:
        return named
    if found := ISO_DAY.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := MONTH.fullmatch(text):
        return _date(int(found[2]), int(found[1]), 1)
    if YEAR.fullmatch(text):
        return _date(int(text), 1, 1)
    found = DAY.fullmatch(text)
    return _of_day(found, today) if found else None


def _of_day(found: re.Match[str], today: date) -> date | None:
    day, month = int(found[1]), int(found[2])
    if found[3]:
        year = int(found[3])
        return _date(year if year > 99 else 2000 + year, month, day)
    this_year = _date(today.year, month, day)
    return this_year if this_year is None or this_year <= today else _date(today.year - 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
