"""Look in the national directory from the composer: words come in a body, for a patient's number may be typed there."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from portal.conversations.correspondents import who_wrote
from portal.directory.search import find_entries
from portal.directory.words import asked_words
from portal.house.places import postcode_here
from portal.outbound.addressees import read_recipient
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import fragment
from portal.web.inbox.composing import compose_page
from portal.web.inbox.directory_cards import FoundCard
from portal.web.inbox.draft_cards import card_of
from portal.web.inbox.drafting import keep_typed, read_composer, refused
from portal.web.inbox.forms import LONGEST_TO, recipients_in
from portal.web.inbox.recipients import found_card, known_so_far, picked, split_field
from portal.web.inbox.refusals import REFUSALS
from portal.web.inbox.saving import attach
from portal.web.requests import StaffRequest, is_htmx

MOST_KNOWN = 3


@requires(Permission.COMPOSE)
@require_POST
def directory(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """While typing, whom the last words of the field may mean; by a button, the page again with them to choose from."""
    if is_htmx(request):
        field = request.POST.get("to", "")[:LONGEST_TO]
        whole, words = split_field(recipients_in(field))
        unfinished = not words and not field.rstrip().endswith((",", ";"))
        context = {
            "recipients": known_so_far(whole, unfinished=unfinished),
            "found": _found(words, request.user),
        }
        return fragment(request, "inbox/_directory.html", context)
    typed, _ = read_composer(request, draft_id)
    chosen = request.POST.get("pick", "")
    if read_recipient(chosen):
        typed = dataclasses.replace(typed, to=picked(typed.recipients, chosen))
    try:
        draft = keep_typed(request, typed, None)
        attach(draft, request.FILES.getlist("files"), by=request.user)
    except REFUSALS as error:
        return refused(request, error, typed, None)
    _, words = split_field(typed.recipients)
    return compose_page(request, card_of(draft, to=typed.to), found=_found(words, request.user))


def _found(words: str, me: User) -> FoundCard | None:
    """None when nobody is looked for: a number, such as a patient's, is never."""
    if len(words) < 2 or words.replace(" ", "").isdigit():
        return None
    known = who_wrote(asked_words(words), to=me, most=MOST_KNOWN)
    return found_card(find_entries(words, postcode=postcode_here()), words, known)
