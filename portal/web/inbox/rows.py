"""One line of the list: who, what, since when, and what to know before opening it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.conversations.assignees import assignees
from portal.conversations.listing import View
from portal.conversations.models import WAITING, Back, Conversation, ConversationState
from portal.conversations.reading import is_unread
from portal.outbound.models import Delivery, DeliveryState
from portal.team.models import User
from portal.web.inbox.cards import Chip, Row
from portal.web.inbox.label_cards import chips_on
from portal.web.inbox.people import correspondent, first_name, initials
from portal.web.inbox.places import Place, conversation_url
from portal.web.templatetags.officinal import coming

NO_SUBJECT = "Sans objet"
KIND_CHIPS = {
    "patient": Chip("Patient", "patient"),
    "pro": Chip("Professionnel", "pro"),
    "form": Chip("Formulaire", "form"),
}

RETURNED = Chip("À reprendre", "warn", "undo-2")
SCHEDULED = Chip("Envoi prévu", icon="clock")
SUBMITTED = Chip("À valider", "warn", "eye")
AWAITED = {
    ConversationState.PATIENT: "Attend le patient",
    ConversationState.PRESCRIBER: "Attend le prescripteur",
    ConversationState.LATER: "Plus tard",
}
FAILURE = Chip("Échec d’envoi", "bad", "circle-x")
BLOCKED = Chip("Bloqué", "warn", "ban")
DOUBT = Chip("À vérifier", "warn", "triangle-alert")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of the rows of a page besides themselves: my drafts, and sends in doubt."""

    drafted: Mapping[UUID, bool]
    uncertain: frozenset[UUID]


def marks_of(conversations: list[Conversation], drafted: Mapping[UUID, bool]) -> Marks:
    """At most one query, whatever the number of rows."""
    failed = [conversation.pk for conversation in conversations if conversation.failed]
    doubts = Delivery.objects.filter(state=DeliveryState.UNCERTAIN, message__conversation__in=failed)
    uncertain = doubts.values_list("message__conversation_id", flat=True) if failed else ()
    return Marks(drafted, frozenset(each for each in uncertain if each))


def row(conversation: Conversation, *, me: User, place: Place, marks: Marks, current: UUID | None) -> Row:
    """`conversation` as portal/conversations/listing.py gives it, with `read`."""
    who, kind = correspondent(conversation)
    return Row(
        conversation_id=conversation.pk,
        url=conversation_url(conversation.pk, place),
        who=who,
        initials=initials(who),
        kind=kind,
        at=conversation.last_message_at,
        subject=conversation.subject or NO_SUBJECT,
        snippet=conversation.snippet,
        version=conversation.version,
        chips=tuple(_chips(conversation, kind, place, marks)),
        unread=is_unread(conversation, me, read=conversation.__dict__["read"]),
        untouched=conversation.unopened,
        current=conversation.pk == current,
    )


def _chips(conversation: Conversation, kind: str, place: Place, marks: Marks) -> Iterator[Chip]:
    """In order of weight: what does not fit on a line is cut, and the drawing beside the name tells the kind too."""
    if conversation.failed:
        doubtful = conversation.pk in marks.uncertain
        yield DOUBT if doubtful else FAILURE
    if conversation.blocked and place.view is not View.BLOCKED:
        yield BLOCKED
    if conversation.back:
        yield Chip(Back(conversation.back).label, "warn", "undo-2")
    if conversation.state in WAITING:
        yield from _waiting(conversation)
    yield from chips_on(conversation)
    if kind in KIND_CHIPS and not (conversation.failed or conversation.state in WAITING):
        yield KIND_CHIPS[kind]
    for each in assignees(conversation):
        yield Chip(first_name(each.display_name), icon="user")
    if conversation.pk in marks.drafted:
        yield RETURNED if marks.drafted[conversation.pk] else Chip("Brouillon", icon="square-pen")
    if conversation.submitted:
        yield SUBMITTED
    if conversation.scheduled:
        yield SCHEDULED
    if conversation.prescriptions_open:
        yield Chip("Ordonnance", icon="pill")
    if conversation.attachment_count:
        pieces = conversation.attachment_count
        yield Chip(f"{pieces} pièce{'s' if pieces > 1 else ''}", icon="paperclip")
    if conversation.failed and kind in KIND_CHIPS:
        yield KIND_CHIPS[kind]
    if place.view in (View.SENT, None) and conversation.state == ConversationState.DONE:
        yield Chip("Terminée", "good", "circle-check")


def _waiting(conversation: Conversation) -> Iterator[Chip]:
    """What it waits for and, where an hour is set, when it comes back."""
    yield Chip(AWAITED[ConversationState(conversation.state)], icon="clock")
    if conversation.snoozed_until:
        yield Chip(f"Retour {coming(conversation.snoozed_until)}")
