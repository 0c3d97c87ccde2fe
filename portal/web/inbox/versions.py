"""What a draft said before, and back to it; and taking the pen from a colleague."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.outbound.drafts import NoSuchDraft, go_back, start_reply
from portal.outbound.pen import take_pen
from portal.outbound.versions import NoSuchVersion, versions_of
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, in_shell
from portal.web.inbox.doors import conversation_for, draft_for
from portal.web.inbox.drafting import keep_typed, page_of
from portal.web.inbox.forms import DraftForm
from portal.web.inbox.pen_cards import VersionCard
from portal.web.inbox.places import TO_DO
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.requests import StaffRequest


class TakeForm(forms.Form):
    """Which colleague's draft was on screen."""

    theirs = forms.UUIDField(required=False)


@requires(Permission.REPLY)
@require_safe
def draft_versions(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    draft = draft_for(request.user, draft_id)
    found = [
        VersionCard(each.pk, each.at, ", ".join(each.recipients), each.subject, each.text)
        for each in versions_of(draft)
    ]
    context = {"draft": draft, "versions": found, "back_url": page_of(draft)}
    return in_shell(request, "inbox/versions.html", context, place=TO_DO)


@requires(Permission.REPLY)
@require_POST
def draft_revert(request: StaffRequest, draft_id: UUID, version_id: UUID) -> HttpResponse:
    """What it says now becomes one more version: going back loses nothing."""
    try:
        draft = go_back(draft_for(request.user, draft_id), version_id, by=request.user)
    except NoSuchVersion:
        return HttpResponseRedirect(reverse("draft_versions", args=[draft_id]))
    except NoSuchDraft as error:
        raise Http404 from error
    return HttpResponseRedirect(page_of(draft))


@requires(Permission.REPLY)
@require_POST
def take(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """*Prendre la main*: what one had typed is kept, and so is every word of the colleague."""
    conversation, me = conversation_for(request.user, conversation_id), request.user
    form, chosen = DraftForm(request.POST), TakeForm(request.POST)
    if not (form.is_valid() and chosen.is_valid()) or form.cleaned_data["conversation"] != conversation_id:
        raise Http404
    typed = form.typed()
    try:
        draft = (
            keep_typed(request, typed, conversation) if _says(request) else start_reply(conversation, by=me)
        )
    except REFUSALS as error:
        card = refused_card(error, typed, me=me, conversation=conversation)
        return after_act(request, conversation_id, draft=card, status=status_of(error))
    take_pen(conversation, draft, by=me, theirs_id=chosen.cleaned_data["theirs"])
    return after_act(request, conversation_id)


def _says(request: StaffRequest) -> bool:
    return bool(request.POST.get("body", "").strip() or request.POST.get("template"))
