"""Make the cards of what waits for a pharmacist, and of what was given back."""

from __future__ import annotations

from collections.abc import Iterable

from portal.conversations.models import Conversation
from portal.documents.sniff import Kind
from portal.lib.text import one_line
from portal.outbound.approval import submitted_seen_by
from portal.outbound.models import Draft, DraftState
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.content.names import shown_name
from portal.web.inbox.people import first_name, short_name
from portal.web.inbox.review_cards import ReturnNote, ReviewTyped, SubmittedCard, SubmittedFile
from portal.web.paths import path

LONGEST_SNIPPET = 160


def return_note(draft: Draft) -> ReturnNote | None:
    if draft.returned_at is None:
        return None
    by = first_name(draft.returned_by.display_name) if draft.returned_by else ""
    return ReturnNote(by, draft.returned_at, draft.return_note or "")


def submitted_in(
    conversation: Conversation, me: User, typed: ReviewTyped | None
) -> tuple[SubmittedCard, ...]:
    """Those of a conversation, the oldest first; no query where there is none."""
    if not conversation.submitted:
        return ()
    return cards(submitted_seen_by(me).filter(conversation=conversation.pk), me, typed)


def cards(found: Iterable[Draft], me: User, typed: ReviewTyped | None = None) -> tuple[SubmittedCard, ...]:
    return tuple(_card(draft, me, typed if typed and typed.draft_id == draft.pk else None) for draft in found)


def peek(draft: Draft) -> str:
    """The first words, for a list."""
    return one_line(draft.text[: 2 * LONGEST_SNIPPET], LONGEST_SNIPPET)


def returned_to(me: User) -> list[Draft]:
    """What this person was given back and has not dealt with."""
    back = Draft.objects.filter(author=me.pk, state=DraftState.OPEN, returned_at__isnull=False)
    return list(back.select_related("conversation", "returned_by").order_by("-returned_at")[:50])


def _card(draft: Draft, me: User, typed: ReviewTyped | None) -> SubmittedCard:
    brought = draft.submitted_by if draft.submitted_by_id != draft.author_id else None
    return SubmittedCard(
        id=draft.pk,
        version=draft.version,
        author=short_name(draft.author.display_name),
        at=draft.submitted_at or draft.updated_at,
        to=", ".join(draft.recipients),
        subject=draft.subject,
        text=draft.text,
        signature=draft.signature or "",
        files=tuple(
            SubmittedFile(
                shown_name(file.name, Kind(file.kind)),
                file.size,
                path("submitted_file", draft.pk, file.pk),
            )
            for file in draft.files.defer("inline").order_by("created_at", "pk")
        ),
        mine=draft.author_id == me.pk,
        may_approve=allows(me, Permission.APPROVE),
        brought_by=first_name(brought.display_name) if brought else "",
        returned=return_note(draft),
        body=typed.body if typed else None,
        note=typed.note if typed else None,
        fault=typed.fault if typed else "",
        held=typed.held if typed else None,
    )
