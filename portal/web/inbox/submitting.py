"""Put what was written before the pharmacists, and take it back."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.conversations.models import Conversation
from portal.outbound import approval
from portal.outbound.approval import NotSubmitted
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, away
from portal.web.inbox.composing import compose_page
from portal.web.inbox.doors import submitted_for
from portal.web.inbox.drafting import keep_typed, read_composer
from portal.web.inbox.forms import Typed
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import submit as submit_it
from portal.web.requests import StaffRequest

TOO_LATE = "Trop tard : un pharmacien l’a déjà envoyé ou renvoyé."


@requires(Permission.SUBMIT)
@require_POST
def submit(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """An answer, or a new message: it then waits in « À valider »."""
    typed, conversation = read_composer(request, draft_id)
    try:
        draft = submit_it(
            typed,
            lambda: keep_typed(request, typed, conversation),
            request.FILES.getlist("files"),
            by=request.user,
            version=version_on_screen(request) if conversation else None,
            sure=None if conversation else typed.sure,
        )
    except REFUSALS as error:
        return _again(request, error, typed, conversation)
    if conversation:
        return after_act(request, conversation.pk)
    return away(request, reverse("submitted", args=[draft.pk]))


@requires(Permission.REPLY)
@require_POST
def take_back(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Its author goes on writing."""
    draft = submitted_for(request.user, draft_id)
    try:
        opened = approval.take_back(draft, by=request.user)
    except NotSubmitted as error:
        if draft.author_id != request.user.pk or draft.conversation_id is None:
            raise Http404 from error
        return after_act(request, draft.conversation_id, fault=TOO_LATE, status=409)
    if opened.conversation_id:
        return after_act(request, opened.conversation_id)
    return away(request, reverse("compose_draft", args=[opened.pk]))


def version_on_screen(request: StaffRequest) -> int:
    """That of the conversation on screen. A form without it is none of ours: 404."""
    try:
        return int(request.POST["version"])
    except (KeyError, ValueError) as error:
        raise Http404 from error


def _again(
    request: StaffRequest, error: Exception, typed: Typed, conversation: Conversation | None
) -> HttpResponse:
    card = refused_card(error, typed, me=request.user, conversation=conversation)
    if conversation is None:
        return compose_page(request, card, status=status_of(error))
    return after_act(request, conversation.pk, draft=card, status=status_of(error))
