"""One act on several conversations, each in its own transaction at the version that was ticked; and take it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns, counters
from portal.conversations.actions import NotAssignable, NotLater, StaleVersion, assign, finish, wait
from portal.conversations.bulk_models import Batch, BatchAct
from portal.conversations.concern_models import ConcernKind
from portal.conversations.label_models import Label
from portal.conversations.labels import put_label, take_label
from portal.conversations.locking import locked
from portal.conversations.models import Conversation, ConversationState, ReadMark
from portal.conversations.moving import UNDONE, write_move
from portal.conversations.reading import NEVER, mark_unread
from portal.conversations.waiting import WAKE
from tenants.wakeups import wake

if TYPE_CHECKING:
    from portal.team.models import User

MOST = 100  # conversations at once
UNDO_FOR = timedelta(minutes=5)  # longer than anybody sees the button
KEPT_FOR = timedelta(days=1)

Kept = dict[str, Any]


class Why(StrEnum):
    """Why one was left out."""

    MOVED = "moved"
    SUBMITTED = "submitted"
    SCHEDULED = "scheduled"
    FAILED = "failed"
    NOT_HERS = "not-hers"
    ALREADY = "already"
    TOO_MANY = "too-many"


class TooLate(Exception):
    """It was taken back already, or is too long ago."""


class _LeftOut(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that was ticked, and the version that it then had."""

    id: UUID
    version: int


def assign_all(chosen: Iterable[Chosen], *, to: User | None, by: User) -> Batch:
    """Make them this person's alone, or nobody's."""
    return _each(BatchAct.ASSIGN, chosen, by, lambda held: assign(held, to=to, by=by, version=held.version))


def finish_all(chosen: Iterable[Chosen], *, by: User) -> Batch:
    """End them: but one whose answer waits for a pharmacist or its hour, or whose send failed, is left out."""

    def end(held: Conversation) -> Conversation:
        for why, holds in (
            (Why.SUBMITTED, held.submitted),
            (Why.SCHEDULED, held.scheduled),
            (Why.FAILED, held.failed),
        ):
            if holds:
                raise _LeftOut(why)
        return finish(held, by=by, version=held.version)

    return _each(BatchAct.FINISH, chosen, by, end)


def put_off_all(chosen: Iterable[Chosen], *, until: datetime | None, by: User) -> Batch:
    """Put them aside until then, or until somebody answers. Raises NotLater."""
    if until is not None and until <= timezone.now():
        raise NotLater
    later = ConversationState.LATER
    return _each(
        BatchAct.LATER,
        chosen,
        by,
        lambda held: wait(held, on=later, until=until, by=by, version=held.version),
    )


def mark_all_unread(chosen: Iterable[Chosen], *, by: User) -> Batch:
    """Have them in bold again for `by` alone. What came in meanwhile is unread anyway, so no version is asked."""
    wanted, left = _seen(chosen, by)
    done: list[Kept] = []
    for each in wanted:
        mark = ReadMark.objects.filter(conversation=each.id, user=by).exclude(version=0).first()
        if mark is None:
            left.append((each.id, Why.ALREADY))
            continue
        mark_unread(Conversation(pk=each.id), by=by)
        done.append({"id": str(each.id), "read": mark.version, "read_at": mark.at.isoformat()})
    return keep(BatchAct.UNREAD, by, done, left)


def label_all(chosen: Iterable[Chosen], label: Label, *, put: bool = True, by: User) -> Batch:
    """Put a label on them, or take it off. It changes nothing that a colleague may be changing: no version is asked."""
    wanted, left = _seen(chosen, by)
    done: list[Kept] = []
    for each in wanted:
        if _set_label(each.id, label, put=put, by=by):
            done.append({"id": str(each.id), "label": str(label.pk), "put": put})
        else:
            left.append((each.id, Why.ALREADY))
    return keep(BatchAct.LABEL, by, done, left)


def undo(batch: Batch, *, by: User) -> Batch:
    """Take all of it back; what moved since is left as it is, and named. A second click finds nothing to do.

    Raises:
        TooLate: see there.
    """
    call_back(batch, by=by)
    batch.left = []
    for item in batch.done:
        try:
            if batch.act == BatchAct.UNREAD:
                _read_again(item, by)
            elif batch.act == BatchAct.LABEL:
                _label_again(item, by)
            else:
                _restore(item, by, batch)
        except StaleVersion:
            batch.left.append([item["id"], Why.MOVED])
    batch.save(update_fields=["left"])
    return batch


def call_back(batch: Batch, *, by: User) -> None:
    """Have it count as taken back, once. Raises TooLate."""
    now = timezone.now()
    open_yet = Batch.objects.filter(pk=batch.pk, by=by, undone_at=None, at__gt=now - UNDO_FOR)
    if not open_yet.update(undone_at=now):
        raise TooLate
    batch.undone_at = now


def keep(act: BatchAct, by: User, done: list[Kept], left: list[tuple[UUID, Why]]) -> Batch:
    """Remember what was done and what was left out, so that it can be said and taken back."""
    now = timezone.now()
    Batch.objects.filter(by=by, at__lt=now - KEPT_FOR).delete()
    return Batch.objects.create(by=by, act=act, at=now, done=done, left=[[str(pk), why] for pk, why in left])


def stood(held: Conversation) -> Kept:
    """How it stands, to be restored by `stand_again`."""
    return {
        "id": str(held.pk),
        "state": held.state,
        "assignees": [str(person) for person in held.assignees],
        "until": held.snoozed_until.isoformat() if held.snoozed_until else None,
        "asked_by": str(held.snoozed_by_id) if held.snoozed_by_id else None,
        "back": held.back,
        "unopened": held.unopened,
    }


def stand_again(held: Conversation, item: Kept) -> None:
    """As it stood; the caller saves it."""
    held.state, held.back, held.unopened = item["state"], item["back"], item["unopened"]
    held.assignees = [UUID(person) for person in item["assignees"]]
    held.snoozed_until = datetime.fromisoformat(item["until"]) if item["until"] else None
    held.snoozed_by_id = UUID(item["asked_by"]) if item["asked_by"] else None


def _each(
    act: BatchAct, chosen: Iterable[Chosen], by: User, do: Callable[[Conversation], Conversation]
) -> Batch:
    wanted, left = _seen(chosen, by)
    done: list[Kept] = []
    for each in wanted:
        try:
            done.append(_one(each, do))
        except StaleVersion:
            left.append((each.id, Why.MOVED))
        except NotAssignable:
            left.append((each.id, Why.NOT_HERS))
        except _LeftOut as out:
            left.append((each.id, out.why))
    return keep(act, by, done, left)


def _seen(chosen: Iterable[Chosen], by: User) -> tuple[list[Chosen], list[tuple[UUID, Why]]]:
    """Those that `by` may see, each once; of others nothing is said."""
    asked = {each.id: each for each in chosen}
    visible = set(Conversation.objects.visible_to(by.pk).filter(pk__in=asked).values_list("pk", flat=True))
    wanted = [asked[pk] for pk in sorted(visible)]
    return wanted[:MOST], [(each.id, Why.TOO_MANY) for each in wanted[MOST:]]


def _one(each: Chosen, do: Callable[[Conversation], Conversation]) -> Kept:
    with transaction.atomic():
        held = locked(each.id, each.version)
        before = stood(held)
        after = do(held)
        if after.version == each.version:
            raise _LeftOut(Why.ALREADY)
        return before | {"version": after.version}


def _restore(item: Kept, by: User, batch: Batch) -> None:
    """Raises StaleVersion."""
    with transaction.atomic():
        held = locked(UUID(item["id"]), item["version"])
        before, had = counters.counted(held), set(held.assignees)
        stand_again(held, item)
        write_move(held, before, what=UNDONE, by=by)
        concerns.take_back(ConcernKind.ASSIGNED, had - set(held.assignees), on=held)
        if held.snoozed_until:
            wake(WAKE, held.snoozed_until)
        record(Event.CONVERSATION_UNDO, by=by, on=("conversation", held.pk), detail=f"act={batch.act}")


def _set_label(conversation_id: UUID, label: Label, *, put: bool, by: User) -> bool:
    """Whether that changed anything."""
    with transaction.atomic():
        held = locked(conversation_id)
        if (label.pk in held.labels) == put:
            return False
        (put_label if put else take_label)(held, label, by=by)
    return True


def _label_again(item: Kept, by: User) -> None:
    """What a colleague did with that label since stands; of one that is gone nothing is left to take back."""
    label = Label.objects.filter(pk=item["label"]).first()
    if label is not None and _set_label(UUID(item["id"]), label, put=not item["put"], by=by):
        on = ("conversation", UUID(item["id"]))
        with transaction.atomic():
            record(Event.CONVERSATION_UNDO, by=by, on=on, detail="act=label")


def _read_again(item: Kept, by: User) -> None:
    with transaction.atomic():
        mine = ReadMark.objects.filter(conversation=item["id"], user=by, version=0, at=NEVER)
        if not mine.update(version=item["read"], at=datetime.fromisoformat(item["read_at"])):
            raise StaleVersion
        record(Event.CONVERSATION_UNDO, by=by, on=("conversation", UUID(item["id"])), detail="act=unread")
