"""Close the exchange with a patient: a message after which the patient cannot answer (mssante 3.2)."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from portal.conversations.models import Conversation, ConversationKind
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import in_shell, viewer_of
from portal.web.inbox.cards import DraftCard, DraftErrors
from portal.web.inbox.conversation import conversation_card
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.draft_cards import card_of, fresh_card, own_draft, signature_card
from portal.web.inbox.forms import ReplyForm
from portal.web.inbox.places import conversation_url
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import keep_reply, send
from portal.web.requests import StaffRequest

WORDS = (
    "Bonjour,\n\nNotre échange est terminé : vous ne pouvez plus y répondre. Pour une nouvelle demande, envoyez-nous "
    "un nouveau message depuis Mon espace santé, ou passez à la pharmacie.\n\nVotre pharmacie"
)


@requires(Permission.CLOSE_EXCHANGE, Permission.SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def close_exchange(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Read what will be sent and what it means, then send it."""
    me = request.user
    conversation = conversation_for(me, conversation_id)
    if conversation.kind != ConversationKind.PATIENT:
        raise Http404
    if request.method == "POST":
        return _send(request, conversation)
    if conversation.closed_at:
        return _back(request, conversation)
    return _page(request, conversation, _begun(conversation, me))


def _send(request: StaffRequest, conversation: Conversation) -> HttpResponse:
    me, form = request.user, ReplyForm(request.POST)
    if not form.is_valid():
        return _illegible(request, conversation, form)
    typed = dataclasses.replace(form.typed(), to=None, subject=None)
    try:
        send(
            typed,
            lambda: keep_reply(conversation, typed, by=me),
            (),
            by=me,
            version=form.cleaned_data["version"],
            confirmed=form.cleaned_data["anyway"],
            ends_exchange=True,
        )
    except REFUSALS as error:
        card = refused_card(error, typed, me=me, conversation=conversation)
        newest = conversation_for(me, conversation.pk)
        return _page(request, newest, card, status=status_of(error))
    return _back(request, conversation)


def _illegible(request: StaffRequest, conversation: Conversation, form: ReplyForm) -> HttpResponse:
    if {"draft", "draft_version", "version"} & set(form.errors):
        raise Http404
    errors = DraftErrors(body=form.said("body"))
    card = dataclasses.replace(fresh_card(conversation.pk), body=form.data.get("body", ""), errors=errors)
    return _page(request, conversation, card, status=422)


def _page(
    request: StaffRequest, conversation: Conversation, draft: DraftCard, *, status: int = 200
) -> HttpResponse:
    viewer = viewer_of(request)
    card = conversation_card(conversation, viewer)
    signature = signature_card(conversation.mailbox, request.user)
    shown = dataclasses.replace(draft, conversation_id=conversation.pk, signature=signature)
    context = {"conversation": card, "draft": shown}
    return in_shell(request, "inbox/close.html", context, place=viewer.place, status=status)


def _begun(conversation: Conversation, me: User) -> DraftCard:
    """The answer that was begun becomes the closing message; else words that may be changed."""
    stored = own_draft(me, conversation.pk)
    card = card_of(stored) if stored else fresh_card(conversation.pk)
    return card if card.body.strip() else dataclasses.replace(card, body=WORDS)


def _back(request: StaffRequest, conversation: Conversation) -> HttpResponse:
    return HttpResponseRedirect(conversation_url(conversation.pk, viewer_of(request).place))
