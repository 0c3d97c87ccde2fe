"""Keep the counts beside the views, in the transaction of what they count."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping
from itertools import chain
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from portal.conversations.models import WAITING, Conversation, ConversationState, Counter, CounterKind
from portal.house import alarm
from portal.lib import live
from portal.lib.prepared import prepared
from portal.mailboxes.models import Mailbox

# mailbox, kind, user
Key = tuple[UUID, CounterKind, UUID | None]
Counts = Tally[Key]

MOVE = (
    "INSERT INTO conversations_counter AS c (mailbox_id, kind, user_id, n) VALUES {rows} "
    "ON CONFLICT ON CONSTRAINT counter_once DO UPDATE SET n = c.n + EXCLUDED.n"
)


def counted(conversation: Conversation) -> Counts:
    """What this conversation adds to the counts as it stands."""
    mailbox = conversation.mailbox_id
    keys: list[Key] = []
    if conversation.blocked:
        pass  # it waits for nobody; what was begun in it still does
    elif conversation.state == ConversationState.OPEN:
        keys.append((mailbox, CounterKind.OPEN, None))
        keys.extend((mailbox, CounterKind.MINE, each) for each in conversation.assignees)
        if not conversation.assignees:
            keys.append((mailbox, CounterKind.UNASSIGNED, None))
    elif conversation.state in WAITING:
        keys.append((mailbox, CounterKind.WAITING, None))
    if conversation.unopened and not conversation.blocked:
        keys.append((mailbox, CounterKind.UNOPENED, None))
    if conversation.failed:
        keys.append((mailbox, CounterKind.FAILED, None))
    keys.extend([(mailbox, CounterKind.PRESCRIPTION, None)] * conversation.prescriptions_open)
    keys.extend([(mailbox, CounterKind.REVIEW, None)] * conversation.submitted)
    return Tally(keys)


def move(before: Counts, after: Counts) -> None:
    """Take `before` off the counts and add `after`, in one statement and always in the same order of rows."""
    changes = Tally(after)
    changes.subtract(before)
    moved = sorted((key for key, n in changes.items() if n), key=str)
    if not moved:
        return
    values = chain.from_iterable((*key, changes[key]) for key in moved)
    with connection.cursor() as cursor:
        cursor.execute(MOVE.format(rows=", ".join(["(%s, %s, %s, %s)"] * len(moved))), list(values))


def move_quarantine(mailbox_id: UUID, n: int, *, brought_along: bool = False) -> None:
    """Count `n` more (or fewer) messages in quarantine; people are told of new ones, unless they were brought along."""
    move(Tally(), Tally({(mailbox_id, CounterKind.QUARANTINE, None): n}))
    live.tell(live.Kind.COUNTS, mailbox=mailbox_id)
    if n > 0 and not brought_along:
        now = timezone.now()
        Mailbox.objects.filter(pk=mailbox_id).update(unreadable_at=now)
        alarm.begins_to_wait(now)
    elif n < 0 and not _in_quarantine(mailbox_id):
        Mailbox.objects.filter(pk=mailbox_id).update(unreadable_at=None)


def _in_quarantine(mailbox_id: UUID) -> bool:
    return Counter.objects.filter(mailbox=mailbox_id, kind=CounterKind.QUARANTINE, n__gt=0).exists()


def in_review(mailbox_id: UUID, n: int) -> Counts:
    """`n` messages that wait for a pharmacist and are in no conversation yet."""
    return Tally({(mailbox_id, CounterKind.REVIEW, None): n})


def of_mailboxes(user_id: UUID) -> Mapping[tuple[UUID, CounterKind], int]:
    """What each mailbox that this person sees counts for the whole team, in one query."""
    seen = Mailbox.objects.seen_by(user_id).values("id")
    rows = Counter.objects.filter(user=None, mailbox__in=seen).values_list("mailbox", "kind", "n")
    return {(mailbox, CounterKind(kind)): n for mailbox, kind, n in rows}


def counts(user_id: UUID) -> Mapping[CounterKind, int]:
    """Every count of this person, in one query: of the mailboxes seen, and of nobody else's own."""
    found = {CounterKind(kind): total for kind, total in _totals(user_id)}
    return {kind: found.get(kind, 0) for kind in CounterKind}


@prepared
def _totals(user_id: UUID) -> QuerySet[Counter, tuple[str, int]]:
    theirs = Counter.objects.filter(Q(user=None) | Q(user=user_id))
    seen = theirs.filter(mailbox__in=Mailbox.objects.seen_by(user_id).values("id"))
    totals: QuerySet[Counter, tuple[str, int]] = seen.values_list("kind").annotate(total=Sum("n"))
    return totals
