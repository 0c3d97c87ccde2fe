"""Let what was scheduled leave when its time has come, or stop it and give it back: one short transaction for each."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Min, Q
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import concerns
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked
from portal.conversations.models import Conversation, ConversationKind, MessageKind
from portal.conversations.scheduled import (
    WAKE,
    colleagues_move,
    count_scheduled,
    count_stopped,
)
from portal.mail.outgoing import Unsendable
from portal.mailboxes.actions import database_now
from portal.outbound.addressees import Refused
from portal.outbound.leaving import put_in_queue
from portal.outbound.models import Draft, DraftState
from portal.outbound.same import SameMessageAgain
from portal.outbound.scheduling import NotScheduled, give_back, hold_scheduled
from portal.outbound.templating import NeedsPharmacist, Unfilled, refuse_unapproved, refuse_unfilled
from portal.vault.fields import SealedQuerySet
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

# Before the next look, when one would not move.
PAUSE = timedelta(seconds=30)

PATIENT_WROTE = "Le patient a écrit entre-temps."
THEY_WROTE = "Votre correspondant a écrit entre-temps."
ANSWERED = "{} a répondu entre-temps."
FINISHED = "{} a terminé la conversation entre-temps."
GONE = "La personne qui l’avait prévu ne fait plus partie de l’équipe."
NOT_APPROVED = "Ce texte demande la relecture d’un pharmacien."
NOT_FILLED = "Un champ du modèle n’est plus bon."
SAME = "Le même texte vient d’être envoyé à cette personne."
UNSENDABLE = "Un caractère invisible empêche l’envoi."


class Stopped(Exception):
    """It does not leave; the message says why, in French."""


def leave_due() -> None:
    """Go through what is due and what something happened to, and ask to be woken for what comes next."""
    now, stuck = database_now(), False
    for draft_id in _to_look_at(now):
        try:
            with transaction.atomic():
                _look_at(draft_id, now)
        except NotScheduled:
            continue  # called off meanwhile, or another worker was quicker
        except Exception:
            # The outermost loop: one draft must not hold up the others. It is looked at again.
            logger.exception("draft %s cannot leave", draft_id)
            stuck = True
    due_at = next_departure()
    if due_at:
        wake(WAKE, max(due_at, database_now() + PAUSE) if stuck else due_at)


def next_departure() -> datetime | None:
    found: datetime | None = _scheduled().aggregate(at=Min("leaves_at"))["at"]
    return found


def _scheduled() -> SealedQuerySet[Draft]:
    return Draft.objects.filter(state=DraftState.SCHEDULED)


def _to_look_at(now: datetime) -> list[UUID]:
    moved = Q(conversation__version__gt=F("seen_version"))
    found = _scheduled().filter(Q(leaves_at__lte=now) | moved)
    return list(found.order_by("leaves_at", "pk").values_list("pk", flat=True))


def _look_at(draft_id: UUID, now: datetime) -> None:
    """The conversation is held while it is judged: who writes at this moment waits, or was quicker."""
    kept = hold_scheduled(draft_id)
    conversation = locked(kept.conversation_id) if kept.conversation_id else None
    try:
        _refuse_overtaken(kept, conversation)
        if kept.leaves_at is not None and kept.leaves_at <= now:
            _leave(kept)
    except Stopped as stopped:
        _stop(kept, str(stopped))


def _refuse_overtaken(draft: Draft, conversation: Conversation | None) -> None:
    """Raises Stopped: somebody wrote, or a colleague answered or ended it, since it was scheduled."""
    if conversation is None or draft.scheduled_at is None:
        return
    if conversation.received_version > (draft.seen_version or 0):
        professional = conversation.kind == ConversationKind.PROFESSIONAL
        raise Stopped(THEY_WROTE if professional else PATIENT_WROTE)
    ours = {draft.author_id, *([draft.scheduled_by_id] if draft.scheduled_by_id else [])}
    move = colleagues_move(conversation.pk, since=draft.scheduled_at, besides=ours)
    if move is not None and move.author is not None:
        said = ANSWERED if move.kind == MessageKind.SENT else FINISHED
        raise Stopped(said.format(move.author.display_name.split()[0]))


def _leave(kept: Draft) -> None:
    """The ways of any message, from the checks on; what refuses it is told to whoever wrote it.

    Raises:
        Stopped: nothing of it was written.
    """
    by = kept.scheduled_by
    if by is None or not by.active:
        raise Stopped(GONE)
    try:
        with transaction.atomic():
            refuse_unfilled(kept)
            refuse_unapproved(kept, by)
            if kept.conversation_id:
                count_scheduled(kept.conversation_id, -1)
            put_in_queue(kept, by=by, key=uuid4(), version=None)
    except Refused as refused:
        raise Stopped(" ".join(refusal.reason for refusal in refused.refusals)) from refused
    except NeedsPharmacist as error:
        raise Stopped(NOT_APPROVED) from error
    except Unfilled as error:
        raise Stopped(NOT_FILLED) from error
    except SameMessageAgain as error:
        raise Stopped(SAME) from error
    except Unsendable as error:
        raise Stopped(UNSENDABLE) from error


def _stop(kept: Draft, why: str) -> None:
    """Back to its author, who finds it to be taken up again; to the pharmacists, where she has left."""
    draft_id = kept.pk  # it may become part of another one
    if kept.conversation_id:
        count_stopped(kept.conversation_id, to=kept.author, why=why)
    else:
        told = (ConcernKind.STOPPED, kept.author_id)
        concerns.tell_of_draft(*told, draft=kept.pk, mailbox=kept.mailbox_id, by=None)
    kept.returned_at, kept.returned_by, kept.return_note = timezone.now(), None, why
    kept.save(update_fields=["returned_at", "returned_by", "return_note"])
    give_back(kept, to_author=kept.author.active, by=kept.author)
    record(Event.MESSAGE_STOP, by=None, on=("draft", draft_id), detail=f"author={kept.author_id}")
