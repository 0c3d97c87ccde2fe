"""What waits for somebody. Read from the rows themselves: whatever ends the wait ends the ladder with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.conversations.unopened import nobody_opened
from portal.notices.models import Cause, Notice, NoticeKind

KINDS = {Cause.UNOPENED: NoticeKind.UNOPENED}
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


def _unopened() -> Iterator[Wait]:
    rows = nobody_opened().values_list("pk", "unopened_since", "mailbox__owner")
    for pk, since, owner in rows[:MOST]:
        yield Wait(Cause.UNOPENED, pk, since, owner)
