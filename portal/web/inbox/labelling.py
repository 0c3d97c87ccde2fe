"""Labels: put them on a conversation, take them off, see what has one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from portal.conversations.label_models import Colour
from portal.conversations.labels import (
    LONGEST_NAME,
    NoName,
    TooManyLabels,
    create_label,
    put_label,
    take_label,
)
from portal.conversations.models import Conversation
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, fragment, in_shell, viewer_of
from portal.web.inbox.conversation import conversation_card
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.forms import LabelForm
from portal.web.inbox.label_cards import links
from portal.web.inbox.label_list import label_named
from portal.web.inbox.places import place_of_label, read_cursor
from portal.web.inbox.shell import Spot, shell
from portal.web.requests import StaffRequest, is_htmx

NO_NAME = f"Écrivez le mot de la nouvelle étiquette, {LONGEST_NAME} lettres au plus."
TOO_MANY = "Il y a déjà quarante étiquettes : supprimez-en dans la console avant d’en créer d’autres."


@requires(Permission.LABEL)
@require_http_methods(["GET", "HEAD", "POST"])
def label_it(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """What there is to choose from, asked apart because few look at it; or put, take off, create and put."""
    conversation = conversation_for(request.user, conversation_id)
    if request.method != "POST":
        return _choices(request, conversation)
    form = LabelForm(request.POST)
    if not form.is_valid():
        return after_act(request, conversation_id, fault=NO_NAME, status=422)
    try:
        _act(conversation, form, by=request.user)
    except NoName:
        return after_act(request, conversation_id, fault=NO_NAME, status=422)
    except TooManyLabels:
        return after_act(request, conversation_id, fault=TOO_MANY, status=422)
    return after_act(request, conversation_id)


@requires(Permission.READ)
@require_safe
def labelled(request: StaffRequest, label_id: UUID) -> HttpResponse:
    """Whatever has a label, in any state, newest first."""
    after = read_cursor(request.GET.get("apres"))
    around = shell(request.user, Spot(place_of_label(label_id), after))
    template = "inbox/_more.html" if after and is_htmx(request) else "inbox/shell.html"
    if request.GET.get("rangs"):  # a live page, told that something changed
        template = "inbox/_rows_again.html"
    return fragment(request, template, {"shell": around})


def _choices(request: StaffRequest, conversation: Conversation) -> HttpResponse:
    context = {
        "labels": links(put=conversation.labels),
        "colours": Colour.choices,
        "longest": LONGEST_NAME,
        "label_url": request.path,
    }
    if is_htmx(request):
        return fragment(request, "inbox/_label_choices.html", context)
    viewer = viewer_of(request)
    card = conversation_card(conversation, viewer)
    return in_shell(request, "inbox/label.html", {"conversation": card, **context}, place=viewer.place)


def _act(conversation: Conversation, form: LabelForm, *, by: User) -> None:
    """Raises NoName, TooManyLabels, Http404."""
    given = form.cleaned_data
    if given["take"]:
        take_label(conversation, label_named(given["take"]), by=by)
    elif given["put"]:
        put_label(conversation, label_named(given["put"]), by=by)
    else:
        colour = Colour(given["colour"] or Colour.GREY)
        put_label(conversation, create_label(given["name"], colour=colour, by=by), by=by)
