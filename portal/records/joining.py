"""Make one conversation of two with the same correspondent, and take them apart again: nothing is lost on the way.

What was joined keeps an empty row, so that an old link, a stale tab and a mail on its way find where it went.
Two correspondents are never made one (adr/0027).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import bulk, concerns, counters
from portal.conversations.bulk import call_back
from portal.conversations.bulk_models import Batch, BatchAct
from portal.conversations.concern_models import Concern, ConcernKind
from portal.conversations.locking import StaleVersion, tell_changed
from portal.conversations.models import (
    WAITING,
    Attachment,
    Conversation,
    ConversationKind,
    ConversationState,
    Message,
    MessageKind,
)
from portal.conversations.moving import JOINED, PARTED, UNDONE, say
from portal.conversations.people import addresses_of, joined
from portal.conversations.reading import mark_anew, openers, read_all
from portal.documents.readings import reading_of
from portal.outbound.drafts import fold
from portal.outbound.models import Draft, DraftState
from portal.prescriptions.models import Prescription
from portal.records.halves import (
    Parts,
    carry,
    hold,
    ids,
    keep_hours,
    mails_of,
    people_in,
    recount,
)
from portal.records.restoring import all_of, restore, wake_for

if TYPE_CHECKING:
    from portal.team.models import User

SAME = ("mailbox_id", "kind", "patient_id", "correspondent_fingerprint")
OTHER_CORRESPONDENT = (
    "Ces deux échanges ne sont pas avec le même correspondant : ils ne peuvent pas être réunis. "
    "Pour garder un lien entre eux, écrivez une note interne."
)
OTHER_PATIENT = (
    "Les documents de ces deux échanges désignent des patients différents : ils ne peuvent pas être réunis."
)
UNSURE = "Confirmez que les deux échanges concernent le même patient."
BY_FORM = (
    "Une demande faite par le formulaire garde sa page de suivi : elle ne peut être ni réunie ni séparée."
)
TAKEN_APART = "Cet échange a déjà été séparé de nouveau."


class CannotJoin(Exception):
    """`str()` is why, in French."""


def join(
    other: Conversation, *, into: Conversation, by: User, other_version: int, version: int, sure: bool = False
) -> Batch:
    """Put all of `other` into `into`; five minutes long it is taken back with one click (`undo_join`).

    `sure`: of a professional's two exchanges a person says that they are about the same patient.

    Raises:
        StaleVersion: one of them has moved since it was on screen.
        CannotJoin: see there.
    """
    if other.pk == into.pk:
        raise CannotJoin(OTHER_CORRESPONDENT)
    with transaction.atomic():
        held = hold({other.pk: other_version, into.pk: version})
        gone, kept = held[other.pk], held[into.pk]
        _refuse(gone, kept, sure=sure)
        snapshot = _snapshot(gone, kept)
        pour(gone, kept)
        parts = snapshot["parts"]
        say(kept, JOINED, by=by, parts={"from": str(gone.pk), **parts, "pointing": snapshot["pointing"]})
        batch = bulk.keep(BatchAct.MERGE, by, [{**snapshot, "version": kept.version}], [])
        wake_for(kept)
        record(Event.CONVERSATION_MERGE, by=by, on=("conversation", kept.pk), detail=f"from={gone.pk}")
    return batch


def undo_join(batch: Batch, *, by: User) -> tuple[Conversation, Conversation]:
    """Both as they were before, in everything; nothing has moved since.

    Raises:
        TooLate: it was taken back already, or is too long ago.
        StaleVersion: something was done since: what was joined can still be taken apart (`part`).
    """
    with transaction.atomic():
        call_back(batch, by=by)
        done = batch.done[0]
        gone, kept = _empty(UUID(done["gone"]["id"])), _held(UUID(done["kept"]["id"]), done["version"])
        if gone.merged_into_id != kept.pk:
            raise StaleVersion
        before = counters.counted(kept)
        _take_out(gone, kept, Parts.read(done["parts"]), done["pointing"])
        _forget_join(kept, gone)
        for held, was in ((gone, done["gone"]), (kept, done["kept"])):
            recount(held, failed=False)
            restore(held, was)
            say(held, UNDONE, by=by)
        counters.move(before, counters.counted(gone) + counters.counted(kept))
        for user, kinds in done["concerns"]:
            concerns.carry([ConcernKind(kind) for kind in kinds], {UUID(user)}, of=kept, to=gone)
        for held in (gone, kept):
            wake_for(held)
        record(Event.CONVERSATION_UNDO, by=by, on=("conversation", kept.pk), detail="act=merge")
    return gone, kept


def part(other: UUID, *, of: Conversation, by: User, version: int) -> Conversation:
    """Take apart again what was joined, however long ago: what it brought goes back, and what answered that since.

    Both keep the state, the people and the labels that the one has now.

    Raises:
        StaleVersion, CannotJoin: as `join`.
    """
    with transaction.atomic():
        gone = _empty(other)
        kept = hold({of.pk: version})[of.pk]
        told = next((each for each in _joins(kept) if each.headers["from"] == str(other)), None)
        if told is None or gone.merged_into_id != kept.pk:
            raise CannotJoin(TAKEN_APART)
        before, failed, seen = counters.counted(kept), kept.failed, kept.received_version
        read, among = read_all(kept), openers(kept)
        parts = Parts.read(told.headers)
        followed = Parts((*parts.messages, *_answers(parts, mails_of(kept))), parts.drafts, parts.papers)
        _take_out(gone, kept, followed, told.headers["pointing"])
        _forget_join(kept, gone)
        _share(kept, gone)
        for held in (kept, gone):
            recount(held, failed=failed)
            held.version += 1
            mark_anew(held, read, among=among)
            held.save()
            keep_hours(held, seen)
            say(held, PARTED, by=by, parts={"there": str((gone if held is kept else kept).pk)})
        counters.move(before, counters.counted(kept) + counters.counted(gone))
        wake_for(gone)
        record(Event.CONVERSATION_PART, by=by, on=("conversation", kept.pk), detail=f"other={gone.pk}")
    return gone


def joined_here(conversation: Conversation) -> list[Conversation]:
    """Those that were joined to it and can be taken apart again."""
    brought = {UUID(each.headers["from"]) for each in _joins(conversation)}
    return list(Conversation.objects.filter(merged_into=conversation, pk__in=brought).order_by("pk"))


def pour(gone: Conversation, kept: Conversation) -> None:
    """All of the one into the other; both are held. It moves the counts, and says nothing in the thread."""
    before = counters.counted(gone) + counters.counted(kept)
    read, among = _read_both(gone, kept), openers(gone, kept)
    seen = (gone.received_version, kept.received_version)
    failed = gone.failed or kept.failed
    _fold_drafts(gone, kept)
    carry(_everything(gone), kept)
    _fold(gone, kept)
    recount(kept, failed=failed)
    kept.failed = failed
    recount(gone, failed=False)
    kept.version = max(gone.version, kept.version) + 1
    gone.version = kept.version
    Conversation.objects.filter(merged_into=gone).update(merged_into=kept)
    gone.merged_into = kept
    mark_anew(kept, read, among=among)
    gone.save()
    kept.save()
    keep_hours(kept, min(seen))
    tell_changed(gone)
    counters.move(before, counters.counted(kept))
    concerns.carry(list(ConcernKind), None, of=gone, to=kept)


def _refuse(gone: Conversation, kept: Conversation, *, sure: bool) -> None:
    """Raises CannotJoin."""
    if ConversationKind.FORM in (gone.kind, kept.kind):
        raise CannotJoin(BY_FORM)
    if not kept.correspondent_fingerprint or any(getattr(gone, name) != getattr(kept, name) for name in SAME):
        raise CannotJoin(OTHER_CORRESPONDENT)
    if kept.kind != ConversationKind.PROFESSIONAL:
        return
    ours, theirs = _patients_in(kept), _patients_in(gone)
    if ours and theirs and not ours & theirs:
        raise CannotJoin(OTHER_PATIENT)
    if not sure:
        raise CannotJoin(UNSURE)


def _patients_in(conversation: Conversation) -> set[str]:
    """The INS that its documents of health say they are about."""
    files = Attachment.objects.filter(message__conversation=conversation, reading__isnull=False).only(
        "reading"
    )
    readings = [reading_of(file.reading) for file in files]
    documents = [document for reading in readings if reading for document in reading.documents]
    return {document.patient.ins for document in documents if document.patient and document.patient.ins}


def _snapshot(gone: Conversation, kept: Conversation) -> dict[str, Any]:
    """How both stand, in ids, versions, states and codes alone."""
    ours = dict(Concern.objects.filter(about=kept.pk).values_list("user", "kinds"))
    theirs = Concern.objects.filter(about=gone.pk).values_list("user", "kinds")
    return {
        "gone": all_of(gone),
        "kept": all_of(kept),
        "parts": _everything(gone).written(),
        "pointing": [str(pk) for pk in ids(Conversation.objects.filter(merged_into=gone))],
        "concerns": [
            [str(user), [kind for kind in kinds if kind not in ours.get(user, [])]] for user, kinds in theirs
        ],
    }


def _everything(held: Conversation) -> Parts:
    return Parts(
        ids(Message.objects.filter(conversation=held)),
        ids(Draft.objects.filter(conversation=held)),
        ids(Prescription.objects.filter(conversation=held)),
    )


def _empty(pk: UUID) -> Conversation:
    """The row of one that was joined, held before the one it was joined to, as whoever follows it takes them."""
    return Conversation.objects.select_for_update(of=("self",)).get(pk=pk)


def _held(pk: UUID, version: int) -> Conversation:
    """Raises StaleVersion."""
    return hold({pk: version})[pk]


def _joins(kept: Conversation) -> list[Message]:
    """What was joined to it and not taken apart since, the last first."""
    told = Message.objects.filter(conversation=kept, kind=MessageKind.EVENT, what=JOINED).defer("tokens")
    return [each for each in told.order_by("-at", "-id") if each.headers.get("from")]


def _forget_join(kept: Conversation, gone: Conversation) -> None:
    for told in _joins(kept):
        if told.headers["from"] == str(gone.pk):
            told.headers = {}
            told.save(update_fields=["headers"])


def _answers(parts: Parts, mails: list[Message]) -> list[UUID]:
    """The mails that came or left since and follow what was brought: each goes with the newest one it names."""
    here = {mail.headers.get("message_id"): mail.pk for mail in mails if mail.headers.get("message_id")}
    theirs, found = set(parts.messages), list[UUID]()
    for mail in mails:
        named = [here[ref] for ref in reversed(mail.headers.get("references", [])) if ref in here]
        if mail.pk not in theirs and named and named[0] in theirs:
            theirs.add(mail.pk)
            found.append(mail.pk)
    return found


def _take_out(gone: Conversation, kept: Conversation, parts: Parts, pointing: list[str]) -> None:
    """What is still there of it goes back. Raises nothing: what was moved on since stays where it is."""
    still = Message.objects.filter(pk__in=parts.messages, conversation=kept)
    drafts = Draft.objects.filter(pk__in=parts.drafts, conversation=kept)
    papers = Prescription.objects.filter(pk__in=parts.papers, conversation=kept)
    carry(Parts(ids(still), ids(drafts), ids(papers)), gone)
    papers_with = Prescription.objects.filter(message__in=parts.messages, conversation=kept)
    papers_with.update(conversation=gone)
    Conversation.objects.filter(pk__in=pointing, merged_into=kept).update(merged_into=gone)
    gone.merged_into = None
    kept.people = people_in(mails_of(kept), kept)
    tell_changed(gone)


def _fold(gone: Conversation, kept: Conversation) -> None:
    """What both were becomes one; of the other nothing is left in any list or count."""
    for held in (gone, kept):
        if held.state == ConversationState.OPEN:
            _stand(kept, ConversationState.OPEN, None, None)
    if kept.state != ConversationState.OPEN and gone.state in WAITING:
        hours = [held.snoozed_until for held in (gone, kept) if held.state in WAITING and held.snoozed_until]
        asked = kept.snoozed_by_id or gone.snoozed_by_id
        state = kept.state if kept.state in WAITING else gone.state
        _stand(kept, ConversationState(state), min(hours, default=None), asked if hours else None)
    kept.back = kept.back or gone.back if kept.state == ConversationState.OPEN else ""
    kept.assignees = list(dict.fromkeys([*kept.assignees, *gone.assignees]))
    kept.labels = list(dict.fromkeys([*kept.labels, *gone.labels]))
    kept.people = joined(kept.people, addresses_of(gone.people), besides=())
    if gone.last_message_at > kept.last_message_at:
        kept.closed_at = gone.closed_at
    lying = [held.unopened_since for held in (gone, kept) if held.unopened and held.unopened_since]
    kept.unopened, kept.unopened_since = kept.unopened or gone.unopened, min(lying, default=None)
    _stand(gone, ConversationState.DONE, None, None)
    gone.assignees, gone.labels, gone.unopened, gone.back, gone.closed_at = [], [], False, "", None


def _read_both(gone: Conversation, kept: Conversation) -> dict[UUID, datetime]:
    """Whoever has read all of both; where nothing ever came in there is nothing to read."""
    some = [read_all(held) for held in (gone, kept) if held.last_received_at] or [read_all(kept)]
    both = set.intersection(*(set(read) for read in some))
    return {user: min(read[user] for read in some) for user in both}


def _stand(held: Conversation, state: ConversationState, until: datetime | None, by: UUID | None) -> None:
    held.state, held.snoozed_until, held.snoozed_by_id = state, until, by


def _share(kept: Conversation, gone: Conversation) -> None:
    """Two of one: in the same state, of the same people, under the same labels."""
    _stand(gone, ConversationState(kept.state), kept.snoozed_until, kept.snoozed_by_id)
    gone.assignees, gone.labels = list(kept.assignees), list(kept.labels)
    gone.unopened, gone.unopened_since = kept.unopened, kept.unopened_since
    gone.back, gone.closed_at = kept.back, kept.closed_at


def _fold_drafts(gone: Conversation, kept: Conversation) -> None:
    """One answer of a person in a conversation: hers in the other one takes these words in."""
    begun = Draft.objects.filter(state=DraftState.OPEN)
    there = {draft.author_id: draft for draft in begun.filter(conversation=kept)}
    for draft in begun.filter(conversation=gone, author__in=there):
        fold(draft, into=there[draft.author_id])
