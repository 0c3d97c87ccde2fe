"""Answer in a conversation."""

from __future__ import annotations

import contextlib
import dataclasses
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.conversations.actions import StaleVersion, finish, wait
from portal.conversations.models import WAITING, Conversation, ConversationState
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.inbox.answers import after_act
from portal.web.inbox.cards import DraftCard, DraftErrors
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.draft_cards import fresh_card
from portal.web.inbox.forms import FINISH, ReplyForm
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import keep_reply, send
from portal.web.inbox.waits import until_of
from portal.web.requests import StaffRequest


@requires(Permission.REPLY, Permission.SEND_TEMPLATE)
@require_POST
def reply(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Send what was typed, or give it back with the reason why it did not leave."""
    me = request.user
    conversation = conversation_for(me, conversation_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _illegible(request, conversation, form)
    typed = dataclasses.replace(form.typed(), to=None, subject=None)
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
    if form.cleaned_data["then"]:
        _then(conversation, form.cleaned_data["then"], form.cleaned_data["remind"], by=me)
    return after_act(request, conversation_id)


def _then(conversation: Conversation, what: str, remind: int | None, *, by: User) -> None:
    """The answer is on its way in any case; if something came in meanwhile, the conversation stays as it is.

    `remind`: after how many days without an answer it comes back.
    """
    newest = conversation_for(by, conversation.pk)
    with contextlib.suppress(StaleVersion):
        if what == FINISH and allows(by, Permission.FINISH):
            finish(newest, by=by, version=newest.version)
        elif what in WAITING and allows(by, Permission.WAIT):
            until = until_of("", None, remind, now=timezone.now())
            wait(newest, on=ConversationState(what), until=until, by=by, version=newest.version)


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
