"""Every write to a prescription. Lock order: conversation, prescription, counters, audit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import counters
from portal.conversations.filing import NewFile
from portal.conversations.locking import StaleVersion, locked
from portal.conversations.models import Conversation, ConversationKind, ScanState
from portal.documents.sniff import Kind
from portal.outbound.page import TELL
from portal.prescriptions.lifecycle import REASONS, Facts, Given, after, needs_confirmation
from portal.prescriptions.models import CLOSED, Act, Nature, Prescription, State, Step
from portal.team.models import User
from portal.team.policy import Permission, allows
from tenants.wakeups import wake

PICTURES = (Kind.JPEG, Kind.PNG, Kind.HEIC)
COUNTS = ("prescription_count", "prescriptions_open")
# Whoever prepared, controlled and saw it before does so again.
ANEW = {
    "begun_by": None,
    "prepared_by": None,
    "controlled_by": None,
    "controlled_alone": False,
    "evidence": "",
    "seen_by": None,
}


class NotForYou(Exception):
    """This person may not open a prescription."""


class NothingReceived(Exception):
    """A prescription comes from somebody: nothing was received in this conversation."""


def open_from_message(
    conversation: Conversation, *, message_id: UUID, files: Iterable[NewFile], at: datetime
) -> str:
    """A picture or a PDF from a patient opens a prescription, unless one is under way in this conversation.

    From Mon espace santé or by the form; what it truly is, a person says. Called while the message is filed,
    before the conversation is saved: it is held, and may be new. Gives the detail for the journal's entry of the
    message. Two statements.
    """
    nature = _nature_of(files)
    professional = conversation.kind == ConversationKind.PROFESSIONAL
    if professional or nature is None or conversation.prescriptions_open:
        return ""
    opened = _insert(conversation, nature=nature, at=at, by=None, message_id=message_id)
    return f"prescription={opened.pk}"


def open_by_hand(conversation: Conversation, *, by: User, seen: int) -> Prescription:
    """A person says that this conversation holds a prescription, besides the `seen` ones that were on screen.

    Raises:
        StaleVersion: there are more by now, so it may have been opened already.
        NotForYou, NothingReceived: see there.
    """
    if not allows(by, Permission.PREPARE):
        raise NotForYou
    with transaction.atomic():
        held = locked(conversation.pk)
        if held.prescription_count != seen:
            raise StaleVersion
        if held.last_received_at is None:  # it may still vanish, with the send that began it
            raise NothingReceived
        before = counters.counted(held)
        professional = held.kind == ConversationKind.PROFESSIONAL
        nature = Nature.PROFESSIONAL if professional else Nature.OTHER
        opened = _insert(held, nature=nature, at=timezone.now(), by=by)
        held.save(update_fields=COUNTS)
        counters.move(before, counters.counted(held))
        record(Event.PRESCRIPTION_OPEN, by=by, on=("prescription", opened.pk))
    return opened


def act_on(
    prescription: Prescription, act: Act, *, by: User, version: int, given: Given | None = None
) -> State:
    """Do this act, and give the state it led to.

    Raises:
        StaleVersion: it has moved since `version` was on screen.
        Refused: with its reason, see lifecycle.py.
    """
    now = timezone.now()
    with transaction.atomic():
        held = locked(prescription.conversation_id)
        seen = Prescription.objects.filter(pk=prescription.pk, version=version).first()
        if seen is None:
            raise StaleVersion
        if seen.conversation_id != held.pk:  # it went to another one with its message, while we waited
            held = locked(seen.conversation_id)
        said = given or Given()
        target = after(act, facts_of(seen), by, said)
        said = _relevant(act, facts_of(seen), by, said)
        changes = {**_marks(act, by, said), "state": target, "version": F("version") + 1, "moved_at": now}
        Prescription.objects.filter(pk=seen.pk, version=version).update(**changes)
        Step.objects.create(
            prescription=seen,
            act=act,
            at=now,
            by=by,
            alone=said.alone,
            reason=said.reason,
            remark=said.remark,
        )
        _recount(held, int(target not in CLOSED) - int(not seen.closed))
        if target == State.READY and held.kind == ConversationKind.FORM:
            wake(TELL, now)
        event = Event(f"prescription:{act}")
        record(event, by=by, on=("prescription", seen.pk), detail=_detail(said))
    return target


def facts_of(prescription: Prescription) -> Facts:
    people = (prescription.begun_by_id, prescription.prepared_by_id)
    return Facts(State(prescription.state), frozenset(person for person in people if person))


def _nature_of(files: Iterable[NewFile]) -> Nature | None:
    kinds = {file.kind for file in files if file.scan != ScanState.INFECTED}
    if kinds & set(PICTURES):
        return Nature.PHOTO
    return Nature.PDF if Kind.PDF in kinds else None


def _insert(
    conversation: Conversation,
    *,
    nature: Nature,
    at: datetime,
    by: User | None,
    message_id: UUID | None = None,
) -> Prescription:
    opened = Prescription(
        conversation=conversation, message_id=message_id, nature=nature, opened_at=at, moved_at=at
    )
    opened.save(force_insert=True)
    Step.objects.create(prescription=opened, act=Act.OPEN, at=at, by=by)
    conversation.prescription_count += 1
    conversation.prescriptions_open += 1
    return opened


def _relevant(act: Act, facts: Facts, by: User, given: Given) -> Given:
    """What goes with this act, of all that was said: nothing else is kept."""
    handing_over = act == Act.HAND_OVER
    return Given(
        reason=given.reason if act in REASONS else "",
        remark=given.remark.strip(),
        alone=act == Act.CONTROL and needs_confirmation(facts, by),
        evidence=given.evidence if handing_over else "",
        seen_by=given.seen_by if handing_over else None,
    )


def _marks(act: Act, by: User, given: Given) -> dict[str, Any]:
    """Who did what, as the prescription itself keeps it."""
    marks: dict[Act, dict[str, Any]] = {
        Act.START: {**ANEW, "begun_by": by},
        Act.PREPARED: {"prepared_by": by},
        Act.SEND_BACK: {"prepared_by": None, "controlled_by": None, "controlled_alone": False},
        Act.CONTROL: {"controlled_by": by, "controlled_alone": given.alone},
        Act.HAND_OVER: {"evidence": given.evidence, "seen_by_id": given.seen_by},
        Act.RESUME: ANEW,
        Act.REOPEN: ANEW,
    }
    return marks.get(act, {})


def _recount(conversation: Conversation, change: int) -> None:
    if not change:
        return
    before = counters.counted(conversation)
    conversation.prescriptions_open += change
    conversation.save(update_fields=COUNTS)
    counters.move(before, counters.counted(conversation))


def _detail(given: Given) -> str:
    pairs = {
        "alone": "yes" if given.alone else "",
        "reason": given.reason,
        "evidence": given.evidence,
        "seen-by": given.seen_by or "",
    }
    return " ".join(f"{name}={value}" for name, value in pairs.items() if value)
