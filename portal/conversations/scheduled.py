"""Count the answers that leave later, and have them looked at again when something happens in their conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from portal.conversations import concerns, counters
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.moving import FINISHED, give_if_nobodys, take_up, write_move
from tenants.wakeups import wake

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from portal.team.models import User

# Who is woken, and what the thread says: by a person, or by us.
WAKE = "later"
SCHEDULED, CALLED_OFF, STOPPED = "scheduled", "called-off", "stopped"


def count_scheduled(
    conversation_id: UUID,
    n: int,
    *,
    what: str = "",
    by: User | None = None,
    until: datetime | None = None,
    version: int | None = None,
) -> Conversation:
    """`n` more (or fewer) answers leave later, and the thread says `what` somebody did.

    Called in a transaction, before wake-ups and the journal.

    Raises:
        StaleVersion: it has moved since `version` was on screen; nothing was written.
    """
    changed = locked(conversation_id, version)
    before = counters.counted(changed)
    changed.scheduled += n
    write_move(changed, before, what=what, by=by, until=until)
    return changed


def count_stopped(conversation_id: UUID, *, to: User, why: str) -> Conversation:
    """One does not leave: its author `to` finds the conversation again, open, and hers if it was nobody's."""
    changed = locked(conversation_id)
    before = counters.counted(changed)
    changed.scheduled -= 1
    take_up(changed)
    give_if_nobodys(changed, to.pk)
    write_move(changed, before, what=STOPPED, about=to.pk, why=why)
    concerns.tell(ConcernKind.STOPPED, [to.pk], on=changed, by=None)
    return changed


def look_again(conversation: Conversation) -> None:
    """Something happened in it: what was to leave may not leave any more. With the other wake-ups."""
    if conversation.scheduled:
        wake(WAKE, timezone.now())


def colleagues_move(conversation_id: UUID, *, since: datetime, besides: set[UUID]) -> Message | None:
    """The first answer or end by somebody else since a moment: a message or an event, with who did it."""
    done = Q(kind=MessageKind.SENT) | Q(kind=MessageKind.EVENT, what=FINISHED)
    moves = Message.objects.filter(done, conversation=conversation_id, at__gt=since, author__isnull=False)
    return moves.exclude(author__in=besides).defer("tokens", "text", "headers").order_by("at", "id").first()
