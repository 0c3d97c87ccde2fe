"""Follow a message on its way: its state, taking it back, saying what became of it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.outbound import actions
from portal.outbound.actions import AlreadySettled, TooLate
from portal.outbound.models import Draft, DraftState
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, away, fragment
from portal.web.inbox.deliveries import delivery_card, sent_in
from portal.web.inbox.doors import conversation_for, delivery_for
from portal.web.inbox.forms import DECISIONS, DecideForm
from portal.web.requests import StaffRequest

TOO_LATE = "Trop tard : le message est déjà parti, ou en train de partir."
SETTLED = "Ce n’est plus à décider : un collègue l’a fait, ou un accusé est arrivé."
REWRITTEN = "Le texte a déjà été repris dans un brouillon."


@requires(Permission.READ)
@require_safe
def delivery(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """Asked by the page every 3 seconds while the message moves."""
    _, message = delivery_for(request.user, delivery_id)
    conversation = conversation_for(request.user, message.conversation_id)
    recipients = sent_in(conversation).get(message.pk, ())
    card = delivery_card(message, recipients, me=request.user, now=timezone.now())
    context = {"delivery": card, "conversation": conversation}
    return fragment(request, "inbox/_delivery.html", context)


@requires(Permission.SEND_TEMPLATE)
@require_POST
def undo(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """Take it back: its words are in the draft again. A message that began a conversation takes it along."""
    sent, message = delivery_for(request.user, delivery_id)
    try:
        draft = actions.undo(sent, by=request.user)
    except TooLate:
        return after_act(request, message.conversation_id, fault=TOO_LATE, status=409)
    return _back_to(request, draft, message.conversation_id)


@requires(Permission.SEND_TEMPLATE)
@require_POST
def rewrite(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """Take up again the words of what did not leave."""
    sent, message = delivery_for(request.user, delivery_id)
    try:
        draft = actions.rewrite(sent, by=request.user)
    except TooLate:
        return after_act(request, message.conversation_id, fault=REWRITTEN, status=409)
    return _back_to(request, draft, message.conversation_id)


@requires(Permission.RESOLVE_UNCERTAIN)
@require_POST
def resolve_uncertain(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """A person says whether a message in doubt arrived."""
    doubtful, message = delivery_for(request.user, delivery_id)
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        actions.resolve_uncertain(
            doubtful, by=request.user, decision=DECISIONS[form.cleaned_data["decision"]]
        )
    except AlreadySettled:
        return after_act(request, message.conversation_id, fault=SETTLED, status=409)
    return after_act(request, message.conversation_id)


def _back_to(request: StaffRequest, draft: Draft | None, conversation_id: UUID) -> HttpResponse:
    """Where the words now are: in the composer of a new message, before the pharmacists, or in the conversation."""
    if draft is not None and draft.conversation_id is None:
        waits = draft.state == DraftState.SUBMITTED
        return away(request, reverse("submitted" if waits else "compose_draft", args=[draft.pk]))
    return after_act(request, conversation_id)
