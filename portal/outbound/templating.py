"""Answer with a template: its words in a draft, and whether they still are nothing but its words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.conversations.models import Conversation, ConversationKind
from portal.house.details import details
from portal.house.hours import lines, stretches
from portal.lib.text import fold, visible
from portal.outbound.blanks import BlankKind, Facts, Filled, fill, kinds_in, typed_blanks
from portal.outbound.drafts import StaleDraft, answered_subject, joined, lock_draft, who_to_answer
from portal.outbound.models import Draft, ReplyTemplate
from portal.outbound.pen import pick_up
from portal.outbound.signing import signature_for
from portal.outbound.versions import Said, keep_version
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.team.signing import line_of
from tenants.context import current_pharmacy

TO_PATIENTS = (ConversationKind.PATIENT, ConversationKind.FORM)
LONGEST_VALUE = 100
TITLES = {"m", "mr", "mme", "mlle", "monsieur", "madame", "mademoiselle", "dr", "docteur", "pr", "professeur"}
FILLED = ("template", "blanks", "aside", "recipients", "subject", "text", "version", "updated_at")


class NeedsPharmacist(Exception):
    """Who wrote this may not let it leave alone: it is to be submitted."""


class Unfilled(Exception):
    """A blank is empty or wrong; `faults` say why, by key, in French."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(f"{len(faults)} blanks")
        self.faults = faults


def refuse_unfilled(draft: Draft) -> None:
    """Raises Unfilled: nobody sends a bracket for an hour."""
    if draft.template is not None and draft.conversation is not None:
        filled = filled_for(draft.conversation, draft.template, draft.blanks or {}, author=draft.author)
        if filled.faults:
            raise Unfilled(filled.faults)


def refuse_unapproved(draft: Draft, by: User) -> None:
    """Raises NeedsPharmacist, unless this person sends anything, or these are the words of an approved template."""
    if allows(by, Permission.SEND):
        return
    if not (allows(by, Permission.SEND_TEMPLATE) and is_untouched(draft)):
        raise NeedsPharmacist


def is_untouched(draft: Draft) -> bool:
    """Whether a draft is an approved template for the patient who wrote, and nothing else: by what is stored alone."""
    template, conversation = draft.template, draft.conversation
    if template is None or template.approved_at is None or conversation is None:
        return False
    filled = filled_for(conversation, template, draft.blanks or {}, author=draft.author)
    return (
        conversation.kind in TO_PATIENTS
        and not filled.faults
        and filled.text == draft.text
        and draft.recipients == who_to_answer(conversation)
        and draft.subject == answered_subject(conversation)
        and not draft.files.exists()
    )


def filled_for(
    conversation: Conversation, template: ReplyTemplate, values: Mapping[str, str], *, author: User
) -> Filled:
    """A template as this conversation's patient would read it."""
    facts = facts_of(conversation, author, wanted=kinds_in(template.text))
    return fill(template.text, values, facts, today=timezone.localdate())


def facts_of(conversation: Conversation, author: User, *, wanted: Collection[BlankKind]) -> Facts:
    """What fills itself, as far as it is wanted: only that is looked up."""
    house = details() if {BlankKind.PHONE, BlankKind.ADDRESS} & set(wanted) else None
    hours = lines(stretches()) if BlankKind.HOURS in wanted else ()
    pharmacy = current_pharmacy().name
    return Facts(
        given_name=given_name(conversation),
        pharmacy=pharmacy,
        patient=whole_name(conversation),
        phone=house.phone if house else "",
        address=house.address if house else "",
        hours="\n".join(f"{line.days} : {line.hours}" for line in hours),
        author=author.display_name,
        signature=signature_for(conversation.mailbox, author) or f"{line_of(author)}\n{pharmacy}",
    )


def save_filled(
    draft: Draft, *, by: User, version: int, template: ReplyTemplate, values: Mapping[str, str]
) -> Draft:
    """Make the words of a draft those of a template; free words that were there are put aside, not lost.

    Raises:
        StaleDraft: another tab or place saved meanwhile.
        NoSuchDraft: it was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        if kept.version != version or kept.conversation is None:
            raise StaleDraft(kept)
        said = Said.by(kept)
        before = (kept.template_id, kept.blanks, kept.text, kept.recipients, kept.subject)
        if kept.template_id is None and kept.text.strip():
            kept.aside = joined(kept.aside, kept.text)
        kept.template = template
        kept.blanks = _kept_blanks(kept, template, values)
        kept.text = filled_for(kept.conversation, template, kept.blanks, author=kept.author).text
        kept.recipients, kept.subject = who_to_answer(kept.conversation), answered_subject(kept.conversation)
        if (kept.template_id, kept.blanks, kept.text, kept.recipients, kept.subject) != before:
            if before[0] is None:  # free words go aside
                keep_version(kept, said, always=True)
            kept.version += 1
            kept.save(update_fields=FILLED)
            pick_up(kept)
    return kept


def holds_filled(draft: Draft, template_id: UUID, values: Mapping[str, str]) -> bool:
    """Whether a draft is this template filled in with nothing but these values."""
    template = draft.template
    if template is None or template.pk != template_id:
        return False
    return _kept_blanks(draft, template, values) == draft.blanks


def write_freely(draft: Draft, *, by: User, version: int) -> Draft:
    """Leave the template: its words become free ones, after those that had been put aside. Raises as `save_filled`."""
    with transaction.atomic():
        kept = lock_draft(draft, by=by)
        if kept.version != version:
            raise StaleDraft(kept)
        if kept.template_id is not None:
            kept.text = joined(kept.aside, kept.text)
            kept.template, kept.blanks, kept.aside = None, None, None
            kept.version += 1
            kept.save(update_fields=FILLED)
    return kept


def given_name(conversation: Conversation) -> str:
    """The patient's first name; of a mere label only a word that is surely none of a family name's."""
    patient = conversation.patient
    if patient is not None and patient.first_names.strip():
        return visible(patient.first_names).split()[0][:LONGEST_VALUE]
    label = patient.display_name if patient is not None else _declared(conversation)
    words = visible(label).split()
    name = words[0] if len(words) > 1 else ""
    plain = name.replace("-", "").isalpha() and not name.isupper() and fold(name) not in TITLES
    return name if plain else ""


def whole_name(conversation: Conversation) -> str:
    """As the patient is called: by the identity, else by her own word or her mail's."""
    patient = conversation.patient
    known = f"{patient.first_names} {patient.birth_name}" if patient is not None else ""
    label = patient.display_name if patient is not None else _declared(conversation)
    return " ".join(visible(known).split() or visible(label).split())[:LONGEST_VALUE]


def _kept_blanks(draft: Draft, template: ReplyTemplate, values: Mapping[str, str]) -> dict[str, str]:
    """What a draft's blanks are filled with once these values are typed."""
    known = {blank.key for blank in typed_blanks(template.text)}
    typed = {**(draft.blanks or {}), **values}
    return {key: visible(value)[:LONGEST_VALUE] for key, value in typed.items() if key in known}


def _declared(conversation: Conversation) -> str:
    """What a patient of the form is called, by her own word; anybody else's label says nothing here."""
    people = conversation.people if conversation.kind == ConversationKind.FORM else []
    return str(people[0]["label"]) if people else ""
