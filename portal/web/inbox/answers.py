"""How the inbox answers: a fragment to htmx, a whole page or a redirection to a browser without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from portal.conversations.models import Conversation
from portal.conversations.passages import Sought
from portal.team.policy import Permission, allows
from portal.web.account.kept import kept_note
from portal.web.headers import content_origin
from portal.web.inbox.asking import kept, sought_by
from portal.web.inbox.cards import DraftCard, ListCard
from portal.web.inbox.conversation import Viewer, conversation_card
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.draft_cards import drafted_here, fresh_card
from portal.web.inbox.finds import found_again
from portal.web.inbox.joining_cards import Said
from portal.web.inbox.note_cards import NoteDraft
from portal.web.inbox.places import SEARCH, Place, conversation_url, place_named
from portal.web.inbox.review_cards import ReviewTyped
from portal.web.inbox.shell import Spot, shell
from portal.web.requests import StaffRequest, is_htmx


def viewer_of(request: StaffRequest) -> Viewer:
    """Who looks, and from which view: after an act, htmx says on which page it was done."""
    here = request.GET.get("vue") or _asked(request.headers.get("HX-Current-URL", ""))
    place = place_named(here)
    sought = sought_by(request) if place is SEARCH else Sought()
    return Viewer(request.user, place, content_origin(request), sought)


def fragment(
    request: StaffRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page or a part of one; the same address gives both, so nothing between may mix them up."""
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def conversation_page(
    request: StaffRequest, conversation: Conversation, viewer: Viewer, *, said: Said | None = None
) -> HttpResponse:
    """A conversation that somebody opened, with the note that she had begun there when she left a counter."""
    note = NoteDraft(text=kept_note(request, conversation.pk))
    if is_htmx(request):
        card = conversation_card(conversation, viewer, note=note)
        return fragment(request, "inbox/_conversation.html", {"conversation": card, "said": said})
    return _whole(request, "inbox/conversation.html", conversation, viewer, note=note, said=said)


def after_act(
    request: StaffRequest,
    conversation_id: UUID,
    *,
    draft: DraftCard | None = None,
    note: NoteDraft | None = None,
    review: ReviewTyped | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    """The conversation as it is now: pane, row and counts to htmx; else, when all went well, a redirection."""
    viewer = viewer_of(request)
    # What is being answered may have gone elsewhere.
    if draft is not None and draft.conversation_id is not None:
        conversation_id = draft.conversation_id
    if status == 200 and not is_htmx(request):
        return HttpResponseRedirect(conversation_url(conversation_id, viewer.place))
    conversation = conversation_for(request.user, conversation_id)
    template = "inbox/_answer.html" if is_htmx(request) else "inbox/conversation.html"
    return _whole(
        request,
        template,
        conversation,
        viewer,
        draft=draft,
        note=note,
        review=review,
        fault=fault,
        status=status,
    )


def in_shell(
    request: StaffRequest, template: str, context: dict[str, Any], *, place: Place, status: int = 200
) -> HttpResponse:
    """A whole page with its own right column."""
    around = shell(request.user, _spot(request, place))
    return fragment(request, template, {"shell": around, **context}, status=status)


def away(request: StaffRequest, url: str) -> HttpResponse:
    """Elsewhere than where htmx would put the answer."""
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _whole(
    request: StaffRequest,
    template: str,
    conversation: Conversation,
    viewer: Viewer,
    *,
    draft: DraftCard | None = None,
    note: NoteDraft | None = None,
    review: ReviewTyped | None = None,
    fault: str = "",
    said: Said | None = None,
    status: int = 200,
) -> HttpResponse:
    drafted, anybody = drafted_here(request.user, conversation.pk)
    spot = replace(_spot(request, viewer.place, conversation, drafted), alone=is_htmx(request))
    around = shell(request.user, spot)
    if draft is None and not anybody:
        draft = fresh_card(conversation.pk, may_finish=allows(request.user, Permission.FINISH))
    card = conversation_card(
        conversation,
        viewer,
        draft=draft,
        note=note,
        review=review,
        fault=fault,
        next_url=_next_url(around.listing, conversation),
    )
    return fragment(request, template, {"shell": around, "conversation": card, "said": said}, status=status)


def _spot(
    request: StaffRequest,
    place: Place,
    current: Conversation | None = None,
    drafted: Mapping[UUID, bool] | None = None,
) -> Spot:
    """Beside what was opened from the search stands what was found."""
    if place is not SEARCH:
        return Spot(place, current=current, drafted=drafted)
    listing, _ = found_again(request, current=current)
    return Spot(place, current=current, listing=listing, words=kept(request))


def _next_url(listing: ListCard, conversation: Conversation) -> str:
    """The row below the one that was finished, else the first one."""
    others = [row for row in listing.rows if row.conversation_id != conversation.pk]
    below = [row for row in others if row.at <= conversation.last_message_at]
    return next((row.url for row in [*below, *others]), "")


def _asked(url: str) -> str | None:
    try:
        query = urlsplit(url).query
    except ValueError:  # a header that no htmx wrote
        return None
    return next(iter(parse_qs(query).get("vue", [])), None)
