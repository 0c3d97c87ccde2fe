"""What the templates of prescriptions show: plain values, ready to be escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StepLine:
    """One of the five steps; `who` and `at` once it was reached, `mark` is its number."""

    mark: int
    label: str
    shape: Literal["done", "now", "todo"]
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One act as it was kept: « Renvoyée en préparation · Claire : dosage à revoir »."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a select; `value` is an act, or an act and its reason (`wait:stock`)."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PrescriptionCard:
    """A prescription: where it stands, the one act that comes next, and the ways off the way.

    `aside` is the state when it is none of the five steps. `remark` is why it stands where it stands. `act` is
    empty when this person has nothing to do; `wait` then says for whom it waits. `confirms` when her control
    would be of her own work. `seers` are those who may have seen the original, at hand-over alone.
    """

    id: UUID
    version: int
    nature: str
    steps: tuple[StepLine, ...]
    aside: str = ""
    remark: str = ""
    act: str = ""
    act_label: str = ""
    wait: str = ""
    confirms: bool = False
    hands_over: bool = False
    seers: tuple[Choice, ...] = ()
    others: tuple[ChoiceGroup, ...] = ()
    history: tuple[HistoryLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Announced:
    """A prescription that a professional sent as a document of health, with the number that the LGO asks for."""

    attachment_id: UUID
    names: str
    author: str
    number: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The prescriptions of a conversation, those announced in it, and whether one more may be opened by hand."""

    prescriptions: tuple[PrescriptionCard, ...] = ()
    may_open: bool = False
    announced: tuple[Announced, ...] = ()

    @property
    def proposes(self) -> bool:
        """Whether what came is a prescription that nobody has opened."""
        return self.may_open and bool(self.announced) and not self.prescriptions
