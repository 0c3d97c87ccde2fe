"""What one attempt brought for each recipient, and what that makes of the delivery."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from portal.mail.faults import TransportFault
from portal.mail.smtp import Outcome, State, Verdict
from portal.outbound.models import DeliveryState, Recipient, RecipientState
from portal.outbound.page import PUBLISHED

EXPIRED = "expired"  # a day has passed
NOT_TRUSTED = "not-mssante"  # the domain is not on the white list
UNREADABLE = "unreadable"  # the frozen bytes do not open any more
BROKEN_OFF = "broken-off"  # attempt after attempt ended before the hand-over, for a cause of our own

# What another attempt would still be for.
UNDECIDED = frozenset({RecipientState.PENDING})
LEFT = frozenset({RecipientState.ACCEPTED, RecipientState.DELAYED, RecipientState.DELIVERED})

_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_STATES = {
    State.ACCEPTED: RecipientState.ACCEPTED,
    State.TEMPORARY: RecipientState.PENDING,
    State.PERMANENT: RecipientState.FAILED,
    State.UNCERTAIN: RecipientState.UNCERTAIN,
}


@dataclass(frozen=True)
class Fate:
    """One recipient's result; PENDING is a refusal for now. `answer` may hold the address: it is sealed."""

    recipient: Recipient
    state: RecipientState
    code: str
    answer: str = ""


def from_outcome(recipients: Sequence[Recipient], outcome: Outcome) -> list[Fate]:
    """The verdicts of the server, which come in the order of the recipients."""
    return [
        Fate(recipient, _STATES[verdict.state], code_of(verdict), verdict.reply)
        for recipient, verdict in zip(recipients, outcome.verdicts, strict=True)
    ]


def from_fault(recipients: Sequence[Recipient], fault: TransportFault, state: RecipientState) -> list[Fate]:
    """The same fault for all: the server did not get to speak of any of them."""
    return [Fate(recipient, state, fault.code) for recipient in recipients]


def all_failed(recipients: Sequence[Recipient], code: str) -> list[Fate]:
    return [Fate(recipient, RecipientState.FAILED, code, recipient.answer) for recipient in recipients]


def published(recipients: Sequence[Recipient]) -> list[Fate]:
    """The tracking page shows it: nobody was asked, so nobody refused."""
    return [Fate(recipient, RecipientState.ACCEPTED, PUBLISHED) for recipient in recipients]


def code_of(verdict: Verdict) -> str:
    """The SMTP code with the enhanced one where there is one (RFC 3463): "550 5.1.1". Empty when no answer came."""
    if not verdict.code:
        return ""
    found = _ENHANCED.match(verdict.reply)
    return f"{verdict.code} {found[0]}" if found else str(verdict.code)


def apply(fates: Sequence[Fate], recipients: Collection[Recipient]) -> Iterator[Recipient]:
    """Set what was undecided, and yield what changed; a report that came first is not overwritten."""
    known = {fate.recipient.pk: fate for fate in fates}
    for recipient in recipients:
        fate = known.get(recipient.pk)
        if fate and recipient.state in UNDECIDED:
            recipient.state, recipient.code, recipient.answer = fate.state, fate.code, fate.answer
            yield recipient


def state_of(recipients: Collection[Recipient]) -> DeliveryState:
    """The state of a delivery whose recipients stand like this after an attempt."""
    states = {recipient.state for recipient in recipients}
    if RecipientState.UNCERTAIN in states:
        return DeliveryState.UNCERTAIN
    if RecipientState.PENDING in states:
        return DeliveryState.RETRY_WAIT
    # A recipient whom a report says failed was reached by the message all the same: it left.
    left = any(recipient.state in LEFT or recipient.reported_at for recipient in recipients)
    return DeliveryState.SENT if left else DeliveryState.FAILED
