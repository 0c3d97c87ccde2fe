"""What the next ones must know, in two queries: what waits, what is ready, what nobody opened, what did not leave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from portal.conversations.models import LISTED, Conversation, ConversationState
from portal.handover.models import Group
from portal.prescriptions.models import Prescription, State
from portal.team.models import User
from portal.vault.index import fingerprint

UNOPENED_FOR = timedelta(minutes=30)
# Of each query: more than any team hands over; beyond it the page says that it is not all.
MOST = 200
WAITS_FOR = {
    ConversationState.PRESCRIBER: Group.PRESCRIBER,
    ConversationState.PATIENT: Group.PATIENT,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to know: with whom, as kept in the conversation, about what, and since when."""

    group: Group
    conversation: UUID
    kind: str
    state: str
    since: datetime
    person: dict[str, str]
    prescription: UUID | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    lines: tuple[Line, ...]
    cut: bool = False

    @property
    def mark(self) -> str:
        """By which a signature knows that what is signed is what was on screen."""
        return fingerprint("handover.shown", canonical([written(line) for line in self.lines]))


def gather(user: User, *, now: datetime) -> Gathered:
    """Of the mailboxes that the team shares: what is in somebody's own is nobody else's to take over."""
    shared = Conversation.objects.visible_to(user.pk).filter(mailbox__owner=None, blocked=False)
    old = Q(unopened=True, last_received_at__lte=now - UNOPENED_FOR) & ~Q(state=ConversationState.DONE)
    asked = shared.filter(Q(state__in=WAITS_FOR) | Q(failed=True) | old)
    found = list(asked.only(*LISTED).order_by("last_message_at", "id")[: MOST + 1])
    ready = Prescription.objects.visible_to(user.pk).filter(
        state=State.READY, conversation__mailbox__owner=None
    )
    shown = ready.select_related("conversation").only(
        "state", "moved_at", *(f"conversation__{name}" for name in LISTED)
    )
    collected_not = list(shown.order_by("moved_at", "id")[: MOST + 1])
    lines = [_of_conversation(each, now) for each in found[:MOST]]
    lines += [_of_prescription(each) for each in collected_not[:MOST]]
    return Gathered(tuple(_in_order(lines)), len(found) > MOST or len(collected_not) > MOST)


def written(line: Line) -> dict[str, Any]:
    """As it is kept."""
    kept: dict[str, Any] = json.loads(json.dumps(asdict(line), default=_plain))
    return kept


def read(kept: Iterable[dict[str, Any]]) -> Iterator[Line]:
    """The other way round."""
    for each in kept:
        yield Line(
            group=Group(each["group"]),
            conversation=UUID(each["conversation"]),
            kind=each["kind"],
            state=each["state"],
            since=datetime.fromisoformat(each["since"]),
            person=each["person"],
            prescription=UUID(each["prescription"]) if each["prescription"] else None,
            subject=each.get("subject", ""),  # the first handovers kept none
        )


def canonical(content: Any) -> str:
    """One text for one content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _of_conversation(conversation: Conversation, now: datetime) -> Line:
    group, since = _why(conversation, now)
    return Line(
        group=group,
        conversation=conversation.pk,
        kind=conversation.kind,
        state=conversation.state,
        since=since,
        person=_person(conversation),
        subject=conversation.subject,
    )


def _why(conversation: Conversation, now: datetime) -> tuple[Group, datetime]:
    last, received = conversation.last_message_at, conversation.last_received_at
    if conversation.failed:
        return Group.FAILED, conversation.last_sent_at or last
    open_still = conversation.state != ConversationState.DONE
    if open_still and conversation.unopened and received and received <= now - UNOPENED_FOR:
        return Group.UNOPENED, received
    return WAITS_FOR[ConversationState(conversation.state)], last


def _of_prescription(prescription: Prescription) -> Line:
    conversation = prescription.conversation
    return Line(
        group=Group.READY,
        conversation=conversation.pk,
        kind=conversation.kind,
        state=prescription.state,
        since=prescription.moved_at,
        person=_person(conversation),
        prescription=prescription.pk,
        subject=conversation.subject,
    )


def _person(conversation: Conversation) -> dict[str, str]:
    return dict(conversation.people[0]) if conversation.people else {"label": "", "address": ""}


def _in_order(lines: Iterable[Line]) -> list[Line]:
    ranks = {group: rank for rank, group in enumerate(Group)}
    return sorted(lines, key=lambda line: (ranks[line.group], line.since, str(line.conversation)))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
