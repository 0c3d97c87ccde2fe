"""A conversation on paper: printed by the browser, or kept as PDF; who asked for it is in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.audit.actions import record
from portal.audit.events import Event
from portal.documents.paper import Paper, Passage, written
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.content.names import disposition
from portal.web.inbox.answers import viewer_of
from portal.web.inbox.cards import ConversationCard, EventLine, MessageCard
from portal.web.inbox.conversation import conversation_card
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.note_cards import NoteCard
from portal.web.inbox.people import short_name
from portal.web.requests import StaffRequest
from portal.web.templatetags.officinal import MONTHS, PARIS, clock, ins, weight
from tenants.context import current_pharmacy

NOTES_LEFT_OUT = "Les notes internes de l’équipe n’y sont pas."


@requires(Permission.READ)
@require_safe
def conversation_pdf(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """All messages of a conversation; `?notes=1` with what the team said to itself."""
    conversation = conversation_for(request.user, conversation_id)
    noted = request.GET.get("notes") == "1"
    now = timezone.now()
    card = conversation_card(conversation, viewer_of(request))
    paper = paper_of(
        card, noted=noted, made=f"Édité {_moment(now)} par {short_name(request.user.display_name)}"
    )
    pdf = written(paper)
    with transaction.atomic():
        what = "pdf-notes" if noted else "pdf"
        record(
            Event.CONVERSATION_EXPORT,
            by=request.user,
            on=("conversation", conversation.pk),
            detail=f"what={what}",
        )
    name = f"conversation-{timezone.localdate():%Y-%m-%d}.pdf"
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": disposition(name)}
    )


@requires(Permission.READ)
@require_POST
def conversation_printed(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """That somebody asked for it on paper goes into the journal."""
    conversation = conversation_for(request.user, conversation_id)
    with transaction.atomic():
        record(Event.CONVERSATION_PRINT, by=request.user, on=("conversation", conversation.pk))
    return HttpResponse(status=204)


def paper_of(card: ConversationCard, *, noted: bool, made: str) -> Paper:
    """What is on the screen, as it is read on paper: nothing folded, who wrote, what became of it."""
    born = f"Né(e) le {card.birth_date:%d/%m/%Y}" if card.birth_date else ""
    number = f"INS {ins(card.ins)}" if card.ins else ""
    traits = " · ".join(each for each in (card.names, born, number, card.about) if each)
    return Paper(
        house=current_pharmacy().name,
        title=f"Conversation avec {card.who}",
        about=tuple(
            each for each in (f"Objet : {card.subject}", traits, "" if noted else NOTES_LEFT_OUT) if each
        ),
        passages=tuple(_passages(card, noted=noted)),
        made=made,
    )


def _passages(card: ConversationCard, *, noted: bool) -> Iterator[Passage]:
    for entry in card.timeline:
        if isinstance(entry, MessageCard):
            yield _message(entry)
        elif isinstance(entry, NoteCard):
            if noted:
                yield Passage(f"Note interne de {entry.author}, {_moment(entry.at)}", entry.text)
        elif isinstance(entry, EventLine):
            yield Passage(f"{entry.text}, {_moment(entry.at)}")


def _message(message: MessageCard) -> Passage:
    author = f"{message.author}, envoyé par {message.released_by}" if message.released_by else message.author
    way = f" à {message.to}" if message.to else f" ({message.origin})" if message.origin else ""
    files = [f"{file.name} ({weight(file.size)})" for file in message.attachments]
    lines = message.delivery.recipients if message.delivery else ()
    said = [message.remark, message.ending, f"Pièces jointes : {', '.join(files)}" if files else ""]
    said += [f"{line.name} : {line.words}" for line in lines]
    return Passage(
        f"{author}{way}, {_moment(message.at)}",
        "\n".join(each for each in (message.text, message.signature) if each),
        tuple(each for each in said if each),
        message.quoted,
    )


def _moment(moment: datetime) -> str:
    """« le 16 novembre 2026 à 9:12 »: on paper there is no today."""
    local = moment.astimezone(PARIS)
    return f"le {local.day} {MONTHS[local.month - 1]} {local.year} à {clock(local)}"
