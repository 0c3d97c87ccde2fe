"""Have a professional sender filed apart, from a conversation with it; and bring it back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from portal.conversations.blocking import (
    LONGEST_REASON,
    NoReason,
    NotBlockable,
    block,
    blocked_sender,
    may_be_blocked,
    unblock,
)
from portal.conversations.models import Conversation
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import in_shell, viewer_of
from portal.web.inbox.conversation import viewed_url
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.people import correspondent, short_name
from portal.web.requests import StaffRequest
from portal.web.templatetags.officinal import at as written_at

NO_REASON = f"Dites pourquoi à vos collègues, en {LONGEST_REASON} lettres au plus."


class BlockForm(forms.Form):
    reason = forms.CharField(max_length=LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class BlockCard:
    """`said`: by whom and when it was blocked, where it is."""

    id: UUID
    who: str
    address: str
    back_url: str
    longest: int = LONGEST_REASON
    reason: str = ""
    said: str = ""
    fault: str = ""


@requires(Permission.BLOCK_SENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def block_it(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Say on a page of its own what it means, then do it; of one that is blocked say why, and offer it back."""
    conversation = conversation_for(request.user, conversation_id)
    if not may_be_blocked(conversation):
        raise Http404
    if request.method != "POST":
        return _page(request, conversation)
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _page(request, conversation, typed=form.data.get("reason", ""), fault=NO_REASON)
    try:
        block(conversation, reason=form.cleaned_data["reason"], by=request.user)
    except NoReason:
        return _page(request, conversation, fault=NO_REASON)
    except NotBlockable as error:
        raise Http404 from error
    return HttpResponseRedirect(viewed_url(conversation, viewer_of(request)))


@requires(Permission.BLOCK_SENDER)
@require_POST
def unblock_it(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    conversation = conversation_for(request.user, conversation_id)
    known = blocked_sender(conversation)
    if not may_be_blocked(conversation):
        raise Http404
    if known is not None:
        unblock(known, by=request.user)
    return HttpResponseRedirect(viewed_url(conversation, viewer_of(request)))


def _page(
    request: StaffRequest, conversation: Conversation, *, typed: str = "", fault: str = ""
) -> HttpResponse:
    viewer, known = viewer_of(request), blocked_sender(conversation)
    card = BlockCard(
        id=conversation.pk,
        who=correspondent(conversation)[0],
        address=conversation.people[0]["address"],
        back_url=viewed_url(conversation, viewer),
        reason=known.reason if known else typed,
        said=f"Bloqué par {short_name(known.by.display_name)} {written_at(known.at)}" if known else "",
        fault=fault,
    )
    return in_shell(
        request, "inbox/block.html", {"card": card}, place=viewer.place, status=422 if fault else 200
    )
