"""Which act leads where, and who may do it: a table and pure functions (architecture 6.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.prescriptions.models import Act, Evidence, Reason, State
from portal.team.models import User
from portal.team.policy import Permission, allows


class Refused(Exception):
    """This act cannot be done as it was asked for."""


class NotNow(Refused):
    """From the state it is in, this act leads nowhere."""


class NotYours(Refused):
    """The role of this person does not allow it."""


class SecondPersonNeeded(Refused):
    """Who prepared it does not control it, unless as the only pharmacist present, who confirms that."""


class ReasonNeeded(Refused):
    """No reason, or one that does not go with this act; « autre » needs words."""


class EvidenceNeeded(Refused):
    """It was not said what was seen, or by whom: a photo is never handed over against."""


@dataclass(frozen=True)
class Rule:
    """From which states, to which one, by whom."""

    sources: frozenset[State]
    target: State
    permission: Permission


@dataclass(frozen=True)
class Facts:
    """What counts of a prescription: where it stands, and who had a hand in preparing it."""

    state: State
    preparers: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Given:
    """What was said with an act."""

    reason: str = ""
    remark: str = ""
    alone: bool = False
    evidence: str = ""
    seen_by: UUID | None = None


OPEN_STATES = frozenset(State) - {State.HANDED_OVER, State.REFUSED, State.ABANDONED}
RULES: Mapping[Act, Rule] = {
    Act.START: Rule(frozenset({State.RECEIVED}), State.PREPARING, Permission.PREPARE),
    Act.PREPARED: Rule(frozenset({State.PREPARING}), State.PREPARED, Permission.PREPARE),
    Act.SEND_BACK: Rule(
        frozenset({State.PREPARED, State.CONTROLLED, State.READY}), State.PREPARING, Permission.CONTROL
    ),
    Act.CONTROL: Rule(frozenset({State.PREPARED}), State.CONTROLLED, Permission.CONTROL),
    Act.READY: Rule(frozenset({State.CONTROLLED}), State.READY, Permission.PREPARE),
    Act.HAND_OVER: Rule(frozenset({State.READY}), State.HANDED_OVER, Permission.HAND_OVER),
    Act.WAIT: Rule(
        frozenset({State.RECEIVED, State.PREPARING, State.PREPARED}), State.WAITING, Permission.PREPARE
    ),
    Act.RESUME: Rule(frozenset({State.WAITING}), State.RECEIVED, Permission.PREPARE),
    Act.REFUSE: Rule(OPEN_STATES, State.REFUSED, Permission.CONTROL),
    Act.ABANDON: Rule(OPEN_STATES, State.ABANDONED, Permission.PREPARE),
    Act.REOPEN: Rule(frozenset({State.REFUSED, State.ABANDONED}), State.RECEIVED, Permission.PREPARE),
}
# The one act that comes next.
NEXT: Mapping[State, Act] = {
    State.RECEIVED: Act.START,
    State.PREPARING: Act.PREPARED,
    State.PREPARED: Act.CONTROL,
    State.CONTROLLED: Act.READY,
    State.READY: Act.HAND_OVER,
    State.WAITING: Act.RESUME,
    State.REFUSED: Act.REOPEN,
    State.ABANDONED: Act.REOPEN,
}
REASONS: Mapping[Act, tuple[Reason, ...]] = {
    Act.WAIT: (Reason.STOCK, Reason.PRESCRIBER, Reason.PATIENT, Reason.OTHER),
    Act.REFUSE: (Reason.ILLEGIBLE, Reason.INVALID, Reason.RISK, Reason.OTHER),
    Act.ABANDON: (
        *(Reason.NOT_A_PRESCRIPTION, Reason.DUPLICATE, Reason.CANCELLED),
        *(Reason.NOT_COLLECTED, Reason.OTHER),
    ),
}


def may(act: Act, facts: Facts, by: User) -> bool:
    """Whether this person could do this now, with the right things said."""
    rule = RULES.get(act)
    return rule is not None and facts.state in rule.sources and allows(by, rule.permission)


def needs_confirmation(facts: Facts, by: User) -> bool:
    """Whether this pharmacist's control would be of her own work."""
    return by.id in facts.preparers


def after(act: Act, facts: Facts, by: User, given: Given) -> State:
    """The state that this act leads to.

    Raises:
        NotNow, NotYours, SecondPersonNeeded, ReasonNeeded, EvidenceNeeded: see there.
    """
    rule = RULES.get(act)
    if rule is None or facts.state not in rule.sources:
        raise NotNow
    if not allows(by, rule.permission):
        raise NotYours
    if act == Act.CONTROL and needs_confirmation(facts, by) and not given.alone:
        raise SecondPersonNeeded
    if act in REASONS and not _has_reason(act, given):
        raise ReasonNeeded
    if act == Act.HAND_OVER and not (given.evidence in Evidence.values and given.seen_by):
        raise EvidenceNeeded
    return rule.target


def _has_reason(act: Act, given: Given) -> bool:
    known = given.reason in [reason.value for reason in REASONS[act]]
    return known and (given.reason != Reason.OTHER or bool(given.remark.strip()))
