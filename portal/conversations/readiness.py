"""What the search does not know yet, so that it can say so beside what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from portal.conversations.models import INDEXED, Attachment, Message, ScanState, WordsState
from portal.conversations.search import INDEX
from portal.documents.antivirus import Verdict, may_open
from portal.lib.prepared import prepared
from portal.mailboxes.models import Mailbox
from portal.vault.queries import SealedQuerySet
from tenants.wakeups import wake

if TYPE_CHECKING:
    from portal.team.models import User


@dataclass(frozen=True)
class Readiness:
    """`files` wait to be read, `scans` for a program that can, `older` messages for tokens of today's rules."""

    files: bool = False
    scans: bool = False
    older: bool = False


def openable() -> list[ScanState]:
    """What the antivirus said of files that people may open, and whose words may be read."""
    return [state for state in ScanState if state != ScanState.PENDING and may_open(Verdict(state))]


def to_read(*states: WordsState) -> SealedQuerySet[Attachment]:
    """Files whose words are not known yet, and may be."""
    return Attachment.objects.filter(words__in=states, scan__in=openable())


def ask_for_words() -> None:
    """A wake-up of those who read files, if any waits: once for all that came in together."""
    if to_read(WordsState.WAITING).exists():
        wake(INDEX, timezone.now())


def readiness(by: User) -> Readiness:
    """Of the mailboxes that `by` sees, in one statement: a few empty indexes, when all is known."""
    rows = _lacking(by.pk, *openable())
    return Readiness(*(any(row[column] for row in rows) for column in range(3)))


@prepared
def _lacking(user_id: UUID, *openable: ScanState) -> QuerySet[Mailbox, tuple[bool, bool, bool]]:
    """Of each mailbox: whether files wait, scans, older messages."""
    files = Attachment.objects.filter(
        message__conversation__mailbox=OuterRef("pk"), scan__in=[*openable, ScanState.PENDING]
    )
    older = Message.objects.filter(conversation__mailbox=OuterRef("pk"), indexed__lt=INDEXED)
    rows: QuerySet[Mailbox, tuple[bool, bool, bool]] = (
        Mailbox.objects.seen_by(user_id)
        .annotate(
            files=Exists(files.filter(words=WordsState.WAITING)),
            scans=Exists(files.filter(words=WordsState.OCR)),
            older=Exists(older.exclude(tokens=None)),
        )
        .values_list("files", "scans", "older")
    )
    return rows
