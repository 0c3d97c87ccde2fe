"""What is being written, as the composer shows it."""

from __future__ import annotations

from uuid import UUID

from portal.lib.ids import uuid7
from portal.outbound.models import Draft, DraftFile, DraftState
from portal.team.models import User
from portal.web.inbox.cards import DraftCard, DraftErrors, HeldCard
from portal.web.inbox.cards import DraftFile as FileCard


def drafted_by(me: User) -> frozenset[UUID]:
    """The conversations in which this person began an answer."""
    begun = Draft.objects.filter(author=me.pk, state=DraftState.OPEN, conversation__isnull=False)
    return frozenset(each for each in begun.values_list("conversation_id", flat=True) if each)


def own_draft(me: User, conversation_id: UUID) -> Draft | None:
    """The open draft of this person in this conversation, if she began one."""
    return Draft.objects.filter(author=me.pk, conversation=conversation_id, state=DraftState.OPEN).first()


def fresh_card(conversation_id: UUID | None = None, *, may_finish: bool = False) -> DraftCard:
    """A draft that no row has yet: opening a page stores nothing."""
    return DraftCard(id=uuid7(), conversation_id=conversation_id, may_finish=may_finish)


def card_of(
    draft: Draft,
    *,
    body: str | None = None,
    to: str | None = None,
    subject: str | None = None,
    errors: DraftErrors | None = None,
    held: HeldCard | None = None,
    may_finish: bool = False,
) -> DraftCard:
    """A stored draft; what was just typed stands before what was stored."""
    return DraftCard(
        id=draft.pk,
        version=draft.version,
        conversation_id=draft.conversation_id,
        to=", ".join(draft.recipients) if to is None else to,
        subject=draft.subject if subject is None else subject,
        body=draft.text if body is None else body,
        files=tuple(_file(file) for file in _files(draft)),
        saved_at=draft.updated_at,
        errors=errors or DraftErrors(),
        held=held,
        may_finish=may_finish,
    )


def _files(draft: Draft) -> list[DraftFile]:
    return list(draft.files.defer("inline").order_by("created_at", "pk"))


def _file(file: DraftFile) -> FileCard:
    return FileCard(upload_id=file.pk, name=file.name, size=file.size)
