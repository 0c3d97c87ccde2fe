"""What waits for somebody. Read from the rows themselves: whatever ends the wait ends the ladder with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from portal.conversations.models import Conversation, ReadMark
from portal.conversations.unopened import nobody_opened
from portal.mailboxes.models import Mailbox, MailboxState
from portal.notices.models import Cause, Notice, NoticeKind
from portal.outbound.models import Recipient, RecipientState

KINDS = {
    Cause.UNOPENED: NoticeKind.UNOPENED,
    Cause.FETCH: NoticeKind.FAULT,
    Cause.SEND: NoticeKind.FAULT,
    Cause.UNSENT: NoticeKind.UNSENT,
    Cause.UNREADABLE: NoticeKind.UNREADABLE,
}
# Of each cause: nobody needs a larger number to come and look.
MOST = 500


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that waits since `since`; `owner`: whose own mailbox it is in, None where it is the team's."""

    cause: Cause
    about: UUID
    since: datetime
    owner: UUID | None

    @property
    def kind(self) -> NoticeKind:
        """As what people are told of it."""
        return KINDS[self.cause]

    def concerns(self, user_id: UUID) -> bool:
        return self.owner in (None, user_id)


def waits() -> list[Wait]:
    """Everything, the longest wait first."""
    return sorted(_all(), key=lambda wait: wait.since)


def still_waits(notice: Notice) -> bool:
    """Whether anything waits of what this notice speaks of, for whom it speaks to."""
    return any(wait.kind == notice.kind and wait.concerns(notice.about) for wait in _all())


def _all() -> Iterator[Wait]:
    yield from _unopened()
    yield from _faults()
    yield from _unsent()


def _unopened() -> Iterator[Wait]:
    rows = nobody_opened().values_list("pk", "unopened_since", "mailbox__owner")
    for pk, since, owner in rows[:MOST]:
        yield Wait(Cause.UNOPENED, pk, since, owner)


def _faults() -> Iterator[Wait]:
    """Mailboxes that cannot be read, from which nothing leaves, or with something that nobody could read.

    One that was paused waits for nobody.
    """
    columns = {Cause.FETCH: "fetch_fault_at", Cause.SEND: "send_fault_at", Cause.UNREADABLE: "unreadable_at"}
    for row in Mailbox.objects.filter(state=MailboxState.ACTIVE).values("pk", "owner", *columns.values()):
        for cause, column in columns.items():
            if row[column]:
                yield Wait(cause, row["pk"], row[column], row["owner"])


def _unsent() -> Iterator[Wait]:
    """What did not leave, or may not have, and nobody looked at since."""
    in_trouble = Recipient.objects.filter(
        delivery__message__conversation=OuterRef("pk"),
        state__in=(RecipientState.FAILED, RecipientState.UNCERTAIN),
    )
    since = Subquery(in_trouble.order_by("-decided_at").values("decided_at")[:1])
    looked = ReadMark.objects.filter(conversation=OuterRef("pk"), at__gte=OuterRef("since"))
    failed = Conversation.objects.open().filter(failed=True)
    rows = failed.annotate(since=since).filter(since__isnull=False).exclude(Exists(looked)).order_by("since")
    for pk, at, owner in rows.values_list("pk", "since", "mailbox__owner")[:MOST]:
        yield Wait(Cause.UNSENT, pk, at, owner)
