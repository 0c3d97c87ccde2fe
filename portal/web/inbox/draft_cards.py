"""What is being written, as the composer shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from portal.conversations.models import Conversation, ConversationKind
from portal.lib.ids import uuid7
from portal.lib.prepared import prepared
from portal.mailboxes.models import Mailbox
from portal.outbound.files import files_in
from portal.outbound.forwarding import whose_it_forwards
from portal.outbound.models import Draft, DraftFile, DraftState
from portal.outbound.signing import mark_of, signature_for
from portal.outbound.templating import TO_PATIENTS
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.cards import DraftCard, DraftErrors, HeldCard
from portal.web.inbox.cards import DraftFile as FileCard
from portal.web.inbox.composer_cards import SignatureCard
from portal.web.inbox.model_cards import choices_for, model_card
from portal.web.inbox.reviews import return_note
from portal.web.paths import path

Begun = tuple[UUID | None, datetime | None, UUID]  # where, when it was given back, by whom


def drafted_by(me: User) -> Mapping[UUID, bool]:
    """The conversations in which this person began an answer, and whether a pharmacist gave it back."""
    return {each: returned is not None for each, returned, _ in _begun(me.pk, None) if each}


def drafted_here(me: User, conversation_id: UUID) -> tuple[Mapping[UUID, bool], bool]:
    """The same, and whether anybody began one in this conversation, in one query."""
    rows = _begun(me.pk, conversation_id)
    mine = {each: returned is not None for each, returned, author in rows if each and author == me.pk}
    return mine, any(each == conversation_id for each, _, _ in rows)


@prepared
def _begun(author: UUID, conversation: UUID | None) -> QuerySet[Draft, Begun]:
    """Hers, and everybody's in this conversation."""
    these = Q(author=author) | Q(conversation=conversation) if conversation else Q(author=author)
    begun = Draft.objects.filter(these, state=DraftState.OPEN, conversation__isnull=False)
    rows: QuerySet[Draft, Begun] = begun.values_list("conversation_id", "returned_at", "author_id")
    return rows


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
        files=tuple(_file(file) for file in files_in(draft.pk, False)),
        saved_at=draft.updated_at,
        errors=errors or DraftErrors(),
        held=held,
        may_finish=may_finish,
        model=model_card(draft) if draft.template_id else None,
        returned=return_note(draft),
        forwards=whose_it_forwards(draft),
        versions_url=path("draft_versions", draft.pk) if draft.kept_at else "",
    )


def signature_card(mailbox: Mailbox, me: User) -> SignatureCard | None:
    text = signature_for(mailbox, me)
    return SignatureCard(text.partition("\n")[0], text, mark_of(text)) if text else None


def dressed(
    card: DraftCard, conversation: Conversation | None, me: User, *, mailbox: Mailbox | None = None
) -> DraftCard:
    """With what this person may do with it here: the templates to choose from, how it leaves, how it is signed.

    `mailbox` is where a new message leaves from.
    """
    to_patient = conversation is not None and conversation.kind in TO_PATIENTS
    alone = allows(me, Permission.SEND) or (to_patient and card.model is not None and not card.files)
    by_form = conversation is not None and conversation.kind == ConversationKind.FORM
    home = conversation.mailbox if conversation else mailbox
    return dataclasses.replace(
        card,
        models=choices_for(me) if to_patient else (),
        direct=alone,
        signature=signature_card(home, me) if home and not by_form and card.model is None else None,
    )


def _file(file: DraftFile) -> FileCard:
    return FileCard(upload_id=file.pk, name=file.name, size=file.size)
