"""What became of the last e-mail to somebody of the team, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.mail.faults import Code
from portal.notices.models import Notice, NoticeKind, NoticeState

FOR_THE_PERSON = (NoticeKind.INVITATION, NoticeKind.NEW_ACCESS, NoticeKind.LEAVING)
WORDS = {
    NoticeState.QUEUED: "en cours d’envoi",
    NoticeState.SENT: "parti",
    NoticeState.FAILED: "non parti",
}
REJECTED = "non parti : cette adresse est refusée, vérifiez-la"


@dataclass(frozen=True, slots=True)
class LastNotice:
    """Which one, where it stands, since when."""

    title: str
    state: str
    at: datetime


def last_notice(person_id: UUID) -> LastNotice | None:
    notices = Notice.objects.filter(about=person_id, kind__in=FOR_THE_PERSON)
    notice = notices.order_by("-created_at").first()
    if notice is None:
        return None
    words = WORDS[NoticeState(notice.state)]
    if notice.state == NoticeState.FAILED and notice.last_code == Code.REJECTED:
        words = REJECTED
    return LastNotice(NoticeKind(notice.kind).label, words, notice.done_at or notice.created_at)
