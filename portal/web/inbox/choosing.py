"""Several conversations at once: rows that were ticked, one act, and one « Annuler »."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.conversations.actions import NotLater
from portal.conversations.bulk import (
    Chosen,
    TooLate,
    assign_all,
    finish_all,
    label_all,
    mark_all_unread,
    put_off_all,
    undo,
)
from portal.conversations.bulk_models import OF_ONE, Batch
from portal.conversations.label_models import Colour
from portal.conversations.labels import LONGEST_NAME, NoName, TooManyLabels, create_label
from portal.house.calendar import calendar
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.inbox.answers import fragment, in_shell
from portal.web.inbox.batch_cards import batch_card
from portal.web.inbox.forms import ANSWER, BulkLaterForm, LabelForm
from portal.web.inbox.label_cards import links
from portal.web.inbox.label_list import label_named
from portal.web.inbox.labelling import NO_NAME, TOO_MANY
from portal.web.inbox.people import choices
from portal.web.inbox.places import Place, place_named
from portal.web.inbox.shell import Spot, shell
from portal.web.inbox.waits import PASSED, later_choices, until_of
from portal.web.requests import StaffRequest, is_htmx

MOST_POSTED = 500


class Unclear(Exception):
    """What was chosen will not do; `str()` is why, in French."""


@dataclass(frozen=True, slots=True)
class Act:
    """`do` gives None while something is to be chosen first: on the page `asks`, with what `offers` gives it."""

    needs: Permission
    do: Callable[[StaffRequest, Sequence[Chosen]], Batch | None]
    asks: str = ""
    offers: Callable[[StaffRequest], dict[str, Any]] = lambda request: {}


@requires(Permission.READ)
@require_POST
def bulk(request: StaffRequest) -> HttpResponse:
    """Do to each ticked row what was asked, or ask to whom, until when or with which label."""
    act, chosen = ACTS.get(request.POST.get("act", "")), list(_chosen(request))
    if act is None or not allows(request.user, act.needs):
        raise Http404
    try:
        batch, fault = act.do(request, chosen), ""
    except Unclear as unclear:
        batch, fault = None, str(unclear)
    return _ask(request, act, chosen, fault) if batch is None else _answer(request, batch)


@requires(Permission.READ)
@require_POST
def bulk_undo(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Take back what was done to all of them."""
    batch = Batch.objects.filter(pk=batch_id, by=request.user).exclude(act__in=OF_ONE).first()
    if batch is None:
        raise Http404
    try:
        return _answer(request, undo(batch, by=request.user))
    except TooLate:
        return _answer(request, batch, late=True)


def _assign(request: StaffRequest, chosen: Sequence[Chosen]) -> Batch | None:
    written = request.POST.get("person")
    if written is None:
        return None
    try:
        person = User.objects.get(pk=UUID(written)) if written else None
    except (ValueError, User.DoesNotExist) as error:
        raise Http404 from error
    return assign_all(chosen, to=person, by=request.user)


def _put_off(request: StaffRequest, chosen: Sequence[Chosen]) -> Batch | None:
    """Raises Unclear."""
    if "later" not in request.POST:
        return None
    form = BulkLaterForm(request.POST)
    if not form.is_valid():
        raise Unclear(PASSED)
    later = form.cleaned_data["later"]
    until = until_of(later, form.cleaned_data["day"], None, now=timezone.now())
    if until is None and later != ANSWER:
        raise Unclear(PASSED)
    try:
        return put_off_all(chosen, until=until, by=request.user)
    except NotLater as error:
        raise Unclear(PASSED) from error


def _label(request: StaffRequest, chosen: Sequence[Chosen]) -> Batch | None:
    """Raises Unclear."""
    if not {"put", "take", "name"} & set(request.POST):
        return None
    form = LabelForm(request.POST)
    if not form.is_valid():
        raise Unclear(NO_NAME)
    given = form.cleaned_data
    if named := given["put"] or given["take"]:
        return label_all(chosen, label_named(named), put=bool(given["put"]), by=request.user)
    try:
        colour = Colour(given["colour"] or Colour.GREY)
        return label_all(chosen, create_label(given["name"], colour=colour, by=request.user), by=request.user)
    except NoName as error:
        raise Unclear(NO_NAME) from error
    except TooManyLabels as error:
        raise Unclear(TOO_MANY) from error


def _people(request: StaffRequest) -> dict[str, Any]:
    return {"people": choices(User.objects.filter(active=True), me=request.user.pk, assigned=())}


def _hours(request: StaffRequest) -> dict[str, Any]:
    now = timezone.now()
    return {"later": later_choices(now, calendar()), "today": timezone.localdate(now).isoformat()}


def _labels(request: StaffRequest) -> dict[str, Any]:
    return {"labels": links(), "colours": Colour.choices, "longest": LONGEST_NAME}


ACTS = {
    "mine": Act(
        Permission.ASSIGN, lambda request, chosen: assign_all(chosen, to=request.user, by=request.user)
    ),
    "assign": Act(Permission.ASSIGN, _assign, "inbox/_bulk_assign.html", _people),
    "finish": Act(Permission.FINISH, lambda request, chosen: finish_all(chosen, by=request.user)),
    "unread": Act(Permission.READ, lambda request, chosen: mark_all_unread(chosen, by=request.user)),
    "later": Act(Permission.WAIT, _put_off, "inbox/_bulk_later.html", _hours),
    "label": Act(Permission.LABEL, _label, "inbox/_bulk_label.html", _labels),
}


def _chosen(request: StaffRequest) -> Iterator[Chosen]:
    for written in request.POST.getlist("row")[:MOST_POSTED]:
        pk, _, version = written.partition(".")
        try:
            yield Chosen(UUID(pk), int(version))
        except ValueError as error:
            raise Http404 from error


def _place(request: StaffRequest) -> Place:
    return place_named(request.POST.get("vue"))


def _ask(request: StaffRequest, act: Act, chosen: Sequence[Chosen], fault: str) -> HttpResponse:
    rows, status = [f"{each.id}.{each.version}" for each in chosen], 422 if fault else 200
    context = {"rows": rows, "view": _place(request).slug, "fault": fault, **act.offers(request)}
    if is_htmx(request):
        return fragment(request, act.asks, context, status=status)
    context["asks"] = act.asks
    return in_shell(request, "inbox/bulk_ask.html", context, place=_place(request), status=status)


def _answer(request: StaffRequest, batch: Batch, *, late: bool = False) -> HttpResponse:
    place = _place(request)
    if not is_htmx(request):
        return HttpResponseRedirect(f"{place.url}?lot={batch.pk}")
    context = {"shell": shell(request.user, Spot(place)), "batch": batch_card(batch, request.user, late=late)}
    return fragment(request, "inbox/_bulk_done.html", context)
