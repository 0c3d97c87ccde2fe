"""The right column: a conversation opened, with what is being answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from portal.conversations.blocking import may_be_blocked
from portal.conversations.mentions import handles
from portal.conversations.models import Conversation, ConversationKind, ConversationState, Message
from portal.conversations.passages import Sought
from portal.conversations.thread import thread
from portal.documents.codes import PRESCRIPTION
from portal.lib.prepared import prepared
from portal.outbound.pen import open_drafts
from portal.patients.models import InsStatus, Patient
from portal.team.duty import with_absences
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.cards import (
    Chip,
    ConversationCard,
    DraftCard,
    MessageCard,
)
from portal.web.inbox.deliveries import sent_in
from portal.web.inbox.delivery_cards import SendState
from portal.web.inbox.draft_cards import card_of, dressed, fresh_card
from portal.web.inbox.file_cards import AttachmentCard
from portal.web.inbox.files import Files
from portal.web.inbox.form_cards import form_card
from portal.web.inbox.keep_cards import keep_card
from portal.web.inbox.label_cards import chips_on
from portal.web.inbox.laters import scheduled_in
from portal.web.inbox.marking import mark_entries
from portal.web.inbox.note_cards import NoteDraft
from portal.web.inbox.pens import their_drafts
from portal.web.inbox.people import assigned_to, choices, correspondent, first_name, initials
from portal.web.inbox.places import Place, conversation_url
from portal.web.inbox.readers import Readers, readers_in
from portal.web.inbox.reply_to import reply_to
from portal.web.inbox.review_cards import ReviewTyped
from portal.web.inbox.reviews import submitted_in
from portal.web.inbox.rows import NO_SUBJECT
from portal.web.inbox.thread import Entry, pieces, timeline
from portal.web.inbox.waiting_cards import waiting_card
from portal.web.paths import path
from portal.web.prescriptions.cards import Announced
from portal.web.prescriptions.panel import panel_of
from portal.web.templatetags.officinal import at as written_at

NO_ADDRESS = "Cette conversation n’a pas d’adresse à laquelle répondre."
NOT_ALLOWED = "Vous pouvez lire cette conversation, mais pas y répondre."
NOTHING_SOUGHT = Sought()
TROUBLED: set[SendState] = {"uncertain", "failed"}
DECLARED = Chip("Identité déclarée par le patient", "form", "square-pen")
INS_CHIPS = {
    InsStatus.PROVISOIRE: Chip("INS à vérifier", "warn"),
    InsStatus.RECUPEREE: Chip("INS récupérée", "warn"),
    InsStatus.VALIDEE: Chip("Identité validée", "good"),
    InsStatus.QUALIFIEE: Chip("INS qualifiée", "good", "circle-check"),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, from which view, where the content host is, and what was searched for."""

    me: User
    place: Place
    origin: str
    sought: Sought = NOTHING_SOUGHT

    @property
    def files(self) -> Files:
        return Files(self.me, self.origin, timezone.now())


def conversation_card(
    conversation: Conversation,
    viewer: Viewer,
    *,
    draft: DraftCard | None = None,
    note: NoteDraft | None = None,
    review: ReviewTyped | None = None,
    fault: str = "",
    next_url: str = "",
) -> ConversationCard:
    """Six queries at most, two where there is a prescription, and one for what came by the form.

    `draft` stands before the one that is stored: what was typed and refused.
    """
    me = viewer.me
    who, kind = correspondent(conversation)
    messages, team = thread(conversation.pk), _team()
    entries = _entries(conversation, messages, viewer, readers_in(conversation, team, me))
    files = tuple(pieces(entries))
    silence, closed = _silence(conversation, me), _closed(conversation, messages)
    by_form = form_card(conversation)
    composer = None if silence else _composer(conversation, me, draft, messages)
    card = ConversationCard(
        id=conversation.pk,
        version=conversation.version,
        kind=kind,
        who=who,
        initials=initials(who),
        subject=conversation.subject or NO_SUBJECT,
        timeline=entries,
        about=_about(conversation, who),
        names=by_form.names if by_form else _names(conversation.patient, who),
        birth_date=by_form.birth_date if by_form else _birth_date(conversation.patient),
        ins=conversation.patient.ins if conversation.patient else "",
        ins_chip=DECLARED if by_form else _ins_chip(conversation.patient),
        finished=conversation.state == ConversationState.DONE,
        waiting=waiting_card(conversation),
        assigned=assigned_to(conversation),
        people=choices(team, me=me.pk, assigned=conversation.assignees),
        label_chips=chips_on(conversation),
        attachments=files,
        keep=keep_card(files),
        draft=composer,
        submitted=submitted_in(conversation, me, review),
        scheduled=scheduled_in(conversation, me),
        silence=silence or closed,
        closed=closed,
        note=_note(conversation, me, team, note),
        fault=fault or _trouble(conversation, entries),
        back_url=viewer.place.url,
        back_label=viewer.place.label,
        next_url=next_url,
        by_form=by_form,
        panel=panel_of(conversation, me, team, _announced(files)),
    )
    return _with_acts(card, conversation, me)


@prepared
def _team() -> QuerySet[User]:
    return with_absences(User.objects.filter(active=True))


def _with_acts(card: ConversationCard, conversation: Conversation, me: User) -> ConversationCard:
    """What this person may do with it."""
    return dataclasses.replace(
        card,
        may_assign=conversation.mailbox.owner_id is None and allows(me, Permission.ASSIGN),
        may_finish=allows(me, Permission.FINISH),
        may_wait=allows(me, Permission.WAIT),
        label_url=path("label", conversation.pk) if allows(me, Permission.LABEL) else "",
        close_url=close_url(conversation, me),
        join_url=join_url(conversation, me),
        block_url=block_url(conversation, me),
        blocked=conversation.blocked,
        unread_url=path("unread", conversation.pk) if conversation.last_received_at else "",
    )


def join_url(conversation: Conversation, me: User) -> str:
    """Where this person may join it to another one; nowhere: empty."""
    by_form = conversation.kind == ConversationKind.FORM
    return "" if by_form or not allows(me, Permission.MERGE) else path("join", conversation.pk)


def block_url(conversation: Conversation, me: User) -> str:
    """Where this person may have its sender filed apart, or brought back; nowhere: empty."""
    may = may_be_blocked(conversation) and allows(me, Permission.BLOCK_SENDER)
    return path("block", conversation.pk) if may else ""


def _announced(files: Iterable[AttachmentCard]) -> tuple[Announced, ...]:
    """The prescriptions among the documents of health, each number once."""
    found = {
        document.number or file.id: Announced(file.id, document.names, document.author, document.number)
        for file in files
        for document in file.documents
        if document.code == PRESCRIPTION
    }
    return tuple(found.values())


def _entries(
    conversation: Conversation, messages: list[Message], viewer: Viewer, read: Readers
) -> tuple[Entry, ...]:
    sent = sent_in(conversation) if conversation.last_sent_at else {}
    now = timezone.now()
    entries = timeline(conversation, messages, sent, me=viewer.me, files=viewer.files, read=read, now=now)
    return mark_entries(entries, conversation.pk, viewer.sought) if viewer.sought else entries


def viewed_url(conversation: Conversation, viewer: Viewer) -> str:
    return conversation_url(conversation.pk, viewer.place)


def led_url(conversation: Conversation, viewer: Viewer) -> str:
    """The same for whoever asked for one that was joined to it: the page says so."""
    url = viewed_url(conversation, viewer)
    return f"{url}{'&' if '?' in url else '?'}reuni=1"


def _composer(
    conversation: Conversation, me: User, draft: DraftCard | None, messages: list[Message]
) -> DraftCard | None:
    """What is being answered; in a closed exchange only words that were written already, so that they are seen."""
    shown = dressed(draft or _draft(conversation, me), conversation, me)
    shown = dataclasses.replace(shown, reply_to=reply_to(conversation, messages, shown.to))
    return None if conversation.closed_at and not shown.body.strip() else shown


def _closed(conversation: Conversation, messages: Iterable[Message]) -> str:
    """Who closed the exchange with the patient, when it is closed."""
    if conversation.closed_at is None:
        return ""
    ending = [message for message in messages if message.ends_exchange and message.author]
    who = f" par {first_name(ending[-1].author.display_name)}" if ending and ending[-1].author else ""
    when = written_at(conversation.closed_at)
    return f"Échange clos{who} {when} : le patient ne peut plus y répondre, et une réponse ne partirait pas."


def close_url(conversation: Conversation, me: User) -> str:
    """Where this person may end the exchange with the patient; nowhere: empty."""
    closable = conversation.kind == ConversationKind.PATIENT and conversation.closed_at is None
    if not (closable and allows(me, Permission.CLOSE_EXCHANGE)):
        return ""
    return path("close_exchange", conversation.pk)


def _note(
    conversation: Conversation, me: User, team: list[User], typed: NoteDraft | None
) -> NoteDraft | None:
    if not allows(me, Permission.NOTE):
        return None
    people = tuple(handles(team, conversation.mailbox, besides=me.pk))
    return dataclasses.replace(typed or NoteDraft(), people=people)


def _draft(conversation: Conversation, me: User) -> DraftCard:
    """One's own, and beside it what colleagues began."""
    drafts, may_finish = list(open_drafts(conversation.pk)), allows(me, Permission.FINISH)
    stored = next((draft for draft in drafts if draft.author_id == me.pk), None)
    card = (
        card_of(stored, may_finish=may_finish)
        if stored
        else fresh_card(conversation.pk, may_finish=may_finish)
    )
    return dataclasses.replace(card, theirs=their_drafts(drafts, me, now=timezone.now()))


def _silence(conversation: Conversation, me: User) -> str:
    if not allows(me, Permission.REPLY):
        return NOT_ALLOWED
    by_form = conversation.kind == ConversationKind.FORM
    return "" if by_form or any(each["address"] for each in conversation.people) else NO_ADDRESS


def _trouble(conversation: Conversation, entries: Iterable[Entry]) -> str:
    """One line when something did not leave; a message that stands last on the screen says it itself."""
    messages = [entry for entry in entries if isinstance(entry, MessageCard)]
    if not conversation.failed or _states(messages[-1:]) & TROUBLED:
        return ""
    if "uncertain" in _states(messages):
        return "Un message est peut-être parti, peut-être pas : dites plus bas ce qu’il en est."
    return (
        "Un message n’est pas arrivé à tous ses destinataires : voyez pourquoi plus bas. "
        "« Terminer » efface cette alerte."
    )


def _states(messages: Iterable[MessageCard]) -> set[SendState]:
    deliveries = [message.delivery for message in messages if message.delivery]
    return {line.state for delivery in deliveries for line in delivery.recipients}


def _about(conversation: Conversation, who: str) -> str:
    """For anyone but a patient, the address: a name proves nothing."""
    if conversation.patient or not conversation.people:
        return ""
    address: str = conversation.people[0]["address"]
    return address if address != who else ""


def _names(patient: Patient | None, who: str) -> str:
    """As the pharmacy's software asks for them: birth name first, where it is known."""
    if patient is None:
        return ""
    return f"{patient.birth_name} {patient.first_names}".strip() or who


def _birth_date(patient: Patient | None) -> date | None:
    try:
        return date.fromisoformat(patient.birth_date) if patient else None
    except ValueError:
        return None


def _ins_chip(patient: Patient | None) -> Chip | None:
    return INS_CHIPS[InsStatus(patient.ins_status)] if patient and patient.ins else None
