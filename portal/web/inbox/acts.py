"""What the team does with a conversation: give it to someone, finish it, take it back."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from portal.conversations.actions import (
    NotAssignable,
    StaleVersion,
    assign,
    assign_also,
    finish,
    note_call,
    reopen,
    unassign,
)
from portal.conversations.models import Conversation, ConversationKind
from portal.conversations.reading import mark_unread
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, away, in_shell, viewer_of
from portal.web.inbox.cards import HeldCard
from portal.web.inbox.conversation import conversation_card
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.forms import ActForm, AssignForm
from portal.web.inbox.held import moved
from portal.web.requests import StaffRequest
from portal.web.templatetags.officinal import at as written_at

GONE = "Cette personne ne peut pas prendre la conversation : elle a quitté l’équipe, ou la boîte n’est pas la sienne."
Act = Callable[..., Conversation]


@requires(Permission.ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def assign_to(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Choose a person on a page of its own, or give the conversation to the one who was chosen."""
    conversation = conversation_for(request.user, conversation_id)
    if request.method != "POST":
        viewer = viewer_of(request)
        card = conversation_card(conversation, viewer)
        return in_shell(request, "inbox/assign.html", {"conversation": card}, place=viewer.place)
    form = AssignForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        _assign(conversation, form, by=request.user)
    except StaleVersion:
        return stopped(request, conversation)
    except NotAssignable:
        return after_act(request, conversation_id, fault=GONE, status=422)
    return after_act(request, conversation_id)


@requires(Permission.FINISH)
@require_POST
def finish_it(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    return _change(request, conversation_id, finish)


@requires(Permission.FINISH)
@require_POST
def reopen_it(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    return _change(request, conversation_id, reopen)


@requires(Permission.READ)
@require_POST
def unread(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Have it in bold again for oneself, and go back to the list."""
    mark_unread(conversation_for(request.user, conversation_id), by=request.user)
    return away(request, viewer_of(request).place.url)


@requires(Permission.REPLY)
@require_POST
def called(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Somebody called the patient: who and when is kept, not what was said."""
    conversation = conversation_for(request.user, conversation_id)
    if conversation.kind != ConversationKind.FORM:
        raise Http404
    note_call(conversation, by=request.user)
    return after_act(request, conversation_id)


def _assign(conversation: Conversation, form: AssignForm, *, by: User) -> None:
    """Raises StaleVersion, NotAssignable."""
    given, version = form.cleaned_data, form.cleaned_data["version"]
    if given["without"]:
        unassign(conversation, who=given["without"], by=by, version=version)
    elif given["also"]:
        assign_also(conversation, to=_person(given["also"]), by=by, version=version)
    else:
        assign(conversation, to=_person(given["person"]) if given["person"] else None, by=by, version=version)


def _person(person_id: UUID) -> User:
    """Raises NotAssignable: nobody here is that."""
    found = User.objects.filter(pk=person_id).first()
    if found is None:
        raise NotAssignable
    return found


def _change(request: StaffRequest, conversation_id: UUID, act: Act) -> HttpResponse:
    conversation = conversation_for(request.user, conversation_id)
    form = ActForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        act(conversation, by=request.user, version=form.cleaned_data["version"])
    except StaleVersion:
        return stopped(request, conversation)
    return after_act(request, conversation_id)


def stopped(request: StaffRequest, conversation: Conversation) -> HttpResponse:
    """Nothing was done: show what a colleague, or the correspondent, did meanwhile."""
    held: HeldCard = moved(conversation, request.user)
    fault = f"{held.by} {held.did} {written_at(held.at)} : relisez l’échange, puis recommencez. Rien n’a été changé."
    return after_act(request, conversation.pk, fault=fault, status=409)
