"""Answer in a conversation."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from portal.conversations.models import Conversation
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.inbox.answers import after_act
from portal.web.inbox.cards import DraftCard, DraftErrors
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.draft_cards import fresh_card
from portal.web.inbox.forms import ReplyForm
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import keep_reply, send
from portal.web.inbox.thereafter import ThenForm
from portal.web.requests import StaffRequest


class SendingForm(ThenForm, ReplyForm):
    """An answer, and what becomes of the conversation afterwards."""


@requires(Permission.REPLY, Permission.SEND_TEMPLATE)
@require_POST
def reply(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Send what was typed, or give it back with the reason why it did not leave."""
    me = request.user
    conversation = conversation_for(me, conversation_id)
    form = SendingForm(request.POST)
    if not form.is_valid():
        return _illegible(request, conversation, form)
    typed = dataclasses.replace(form.typed(), to=None, subject=None, mailbox=None)
    try:
        send(
            typed,
            lambda: keep_reply(conversation, typed, by=me),
            request.FILES.getlist("files"),
            by=me,
            version=form.cleaned_data["version"],
            confirmed=form.cleaned_data["anyway"],
        )
    except REFUSALS as error:
        card = refused_card(error, typed, me=me, conversation=conversation)
        return _again(request, conversation, card, status_of(error))
    form.carry_out(conversation_id, by=me)
    return after_act(request, conversation_id)


def _illegible(request: StaffRequest, conversation: Conversation, form: ReplyForm) -> HttpResponse:
    """The words themselves are refused; without its hidden fields it is no form of ours."""
    if {"draft", "draft_version", "version"} & set(form.errors):
        raise Http404
    card = dataclasses.replace(
        fresh_card(conversation.pk),
        body=form.data.get("body", ""),
        errors=DraftErrors(body=form.said("body")),
    )
    return _again(request, conversation, card, 422)


def _again(request: StaffRequest, conversation: Conversation, card: DraftCard, status: int) -> HttpResponse:
    may_finish = allows(request.user, Permission.FINISH)
    draft = dataclasses.replace(
        card, conversation_id=card.conversation_id or conversation.pk, may_finish=may_finish
    )
    return after_act(request, conversation.pk, draft=draft, status=status)
