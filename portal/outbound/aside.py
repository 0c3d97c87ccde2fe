"""Free words that a template stands before: they outlive the template, its deletion and its departure."""

from __future__ import annotations

from uuid import UUID

from portal.outbound.drafts import SAVED, answered_subject, joined, who_to_answer
from portal.outbound.models import Draft, DraftState


def keep_aside(draft: Draft) -> None:
    """Make the words put aside of a draft that was just sent its author's open draft; in the caller's transaction.

    They go into the open one if there is one by now. A template that may be taken back keeps them too.
    """
    aside, conversation = draft.aside or "", draft.conversation
    if not aside.strip() or conversation is None:
        return
    kept, made = Draft.objects.select_for_update().get_or_create(
        conversation=conversation,
        author=draft.author,
        state=DraftState.OPEN,
        defaults={
            "mailbox_id": draft.mailbox_id,
            "recipients": who_to_answer(conversation),
            "subject": answered_subject(conversation),
            "text": aside,
        },
    )
    if not made:
        _put_into(kept, aside)
    if draft.template_id is None:
        draft.aside = None
        draft.save(update_fields=["aside"])


def free_from(template_id: UUID) -> None:
    """A template goes: where it stands before free words, its own follow them as free ones."""
    for draft in Draft.objects.select_for_update().filter(template=template_id, state=DraftState.OPEN):
        draft.text = joined(draft.aside, draft.text)
        draft.template, draft.blanks, draft.aside = None, None, None
        draft.version += 1
        draft.save(update_fields=[*SAVED, "aside"])


def _put_into(kept: Draft, aside: str) -> None:
    if aside in joined(kept.aside, kept.text):
        return
    if kept.template_id is not None:
        kept.aside = joined(aside, kept.aside)
    else:
        kept.text = joined(aside, kept.text)
        kept.version += 1
    kept.save(update_fields=[*SAVED, "aside"])
