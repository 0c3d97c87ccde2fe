"""Look for conversations by words, which stand in no address: they come in a body, and wait sealed in the session."""

from __future__ import annotations

from base64 import b64decode, b64encode

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.conversations.finding import (
    LONGEST_QUERY,
    Findings,
    NothingToLookFor,
    SearchUnavailable,
    find,
    note_search,
)
from portal.team.models import User
from portal.team.policy import Permission
from portal.vault.keys import Unopenable, current_keyring
from portal.web.access import requires
from portal.web.inbox.answers import fragment
from portal.web.inbox.cards import ListCard
from portal.web.inbox.places import TO_DO
from portal.web.inbox.rows import marks_of, row
from portal.web.inbox.shell import Spot, shell
from portal.web.requests import StaffRequest

VIEW, TITLE = "recherche", "Recherche"
ASKED = "search"
PARTIAL = "Les échanges les plus récents sont affichés : ajoutez un mot pour en trouver d’autres."
FAILED = (
    "La recherche n’a pas pu se faire. Cela ne veut pas dire qu’il n’y a rien : réessayez dans un instant."
)
NO_WORDS = (
    "Ces mots ne peuvent pas être cherchés : trop courts ou trop courants (« de », « pour »…). "
    "Écrivez un nom, un numéro ou un autre mot."
)


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=LONGEST_QUERY)


@requires(Permission.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """Ask by POST, be led to what was found; coming back to the page finds it again."""
    if request.method == "POST":
        form = SearchForm(request.POST)
        words = form.cleaned_data["q"] if form.is_valid() else ""
        if words:
            note_search(words, by=request.user)
        _keep(request, words)
        return HttpResponseRedirect(reverse("search"))
    words = _kept(request)
    listing, status = _found(words, request.user)
    around = shell(request.user, Spot(TO_DO, listing=listing, words=words))
    return fragment(request, "inbox/shell.html", {"shell": around}, status=status)


def _found(words: str, me: User) -> tuple[ListCard, int]:
    """The list, or why there is none: a search that did not run never looks like one that found nothing."""
    if not words:
        return ListCard(view=VIEW, title=TITLE), 200
    try:
        return _listed(find(words, by=me), me), 200
    except NothingToLookFor:
        return ListCard(view=VIEW, title=TITLE, remark=NO_WORDS), 200
    except SearchUnavailable:
        return ListCard(view=VIEW, title=TITLE, remark=FAILED, failed=True), 503


def _listed(found: Findings, me: User) -> ListCard:
    """Without the mark of one's own drafts: a statement less, so that the page stays within its ten."""
    marks = marks_of(found.rows, {})
    return ListCard(
        view=VIEW,
        title=TITLE,
        rows=tuple(row(each, me=me, place=TO_DO, marks=marks, current=None) for each in found.rows),
        remark=PARTIAL if found.partial else "",
    )


def _keep(request: StaffRequest, words: str) -> None:
    sealed = current_keyring().seal(words.encode(), _context(request.user))
    request.session[ASKED] = b64encode(sealed).decode()


def _kept(request: StaffRequest) -> str:
    """The words last asked for in this session; none when they cannot be opened any more."""
    try:
        sealed = b64decode(str(request.session.get(ASKED, "")))
        return current_keyring().open(sealed, _context(request.user)).decode()
    except Unopenable:
        return ""


def _context(me: User) -> bytes:
    return b"session.search\0" + me.pk.bytes
