"""Several conversations at once: rows that were ticked, one act, and one « Annuler »."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from portal.conversations.bulk import Chosen, TooLate, assign_all, finish_all, mark_all_unread, undo
from portal.conversations.bulk_models import Batch
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.inbox.answers import fragment, in_shell
from portal.web.inbox.batch_cards import batch_card
from portal.web.inbox.people import choices
from portal.web.inbox.places import Place, place_named
from portal.web.inbox.shell import Spot, shell
from portal.web.requests import StaffRequest, is_htmx

MOST_POSTED = 500
NEEDS = {
    "mine": Permission.ASSIGN,
    "assign": Permission.ASSIGN,
    "finish": Permission.FINISH,
    "unread": Permission.READ,
}


@requires(Permission.READ)
@require_POST
def bulk(request: StaffRequest) -> HttpResponse:
    """Do to each ticked row what was asked, or ask to whom they are to be given."""
    act, me = request.POST.get("act", ""), request.user
    chosen = list(_chosen(request))
    if act not in NEEDS or not allows(me, NEEDS[act]):
        raise Http404
    if act == "assign" and "person" not in request.POST:
        return _to_whom(request, chosen)
    if act in ("mine", "assign"):
        batch = assign_all(chosen, to=me if act == "mine" else _person(request), by=me)
    elif act == "finish":
        batch = finish_all(chosen, by=me)
    else:
        batch = mark_all_unread(chosen, by=me)
    return _answer(request, batch)


@requires(Permission.READ)
@require_POST
def bulk_undo(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Take back what was done to all of them."""
    batch = Batch.objects.filter(pk=batch_id, by=request.user).first()
    if batch is None:
        raise Http404
    try:
        return _answer(request, undo(batch, by=request.user))
    except TooLate:
        return _answer(request, batch, late=True)


def _chosen(request: StaffRequest) -> Iterator[Chosen]:
    for written in request.POST.getlist("row")[:MOST_POSTED]:
        pk, _, version = written.partition(".")
        try:
            yield Chosen(UUID(pk), int(version))
        except ValueError as error:
            raise Http404 from error


def _person(request: StaffRequest) -> User | None:
    written = request.POST["person"]
    if not written:
        return None
    try:
        return User.objects.get(pk=UUID(written))
    except (ValueError, User.DoesNotExist) as error:
        raise Http404 from error


def _place(request: StaffRequest) -> Place:
    return place_named(request.POST.get("vue"))


def _to_whom(request: StaffRequest, chosen: list[Chosen]) -> HttpResponse:
    people = choices(User.objects.filter(active=True), me=request.user.pk, assigned=())
    rows = [f"{each.id}.{each.version}" for each in chosen]
    context = {"people": people, "rows": rows, "view": _place(request).slug}
    if is_htmx(request):
        return fragment(request, "inbox/_bulk_assign.html", context)
    return in_shell(request, "inbox/bulk_assign.html", context, place=_place(request))


def _answer(request: StaffRequest, batch: Batch, *, late: bool = False) -> HttpResponse:
    place = _place(request)
    if not is_htmx(request):
        return HttpResponseRedirect(f"{place.url}?lot={batch.pk}")
    context = {"shell": shell(request.user, Spot(place)), "batch": batch_card(batch, request.user, late=late)}
    return fragment(request, "inbox/_bulk_done.html", context)
