"""Where somebody stands in the guided tour, kept in the session, and what became of the message it is about."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.conversations.models import Message, MessageKind
from portal.outbound.models import Recipient, RecipientState
from portal.prescriptions.models import Prescription
from portal.web.demo.cards import TourCard, TourState
from portal.web.demo.steps import FIRST, LAST, STEPS, Trail
from portal.web.demo.tickets import way_in
from portal.web.inbox.places import TO_DO
from portal.web.requests import PharmacyRequest

KEY = "demo-tour"


def step_of(session: Any) -> int:
    """The number of the step one is at; 0 outside the tour."""
    number = session.get(KEY, {}).get("step")
    return number if isinstance(number, int) and FIRST <= number <= LAST else 0


def mark_of(session: Any) -> str:
    """What the tour's message is found by (its Message-ID, keyed)."""
    return str(session.get(KEY, {}).get("mark", ""))


def stand_at(session: Any, number: int, mark: str) -> None:
    session[KEY] = {"step": number, "mark": mark}


def trail_of(mark: str) -> Trail:
    """Three queries at most."""
    received = Message.objects.filter(message_id_fingerprint=mark, kind=MessageKind.RECEIVED)
    message = received.select_related("conversation").first() if mark else None
    if message is None:
        return Trail()
    home = message.conversation
    opened = Prescription.objects.filter(conversation=home.pk).order_by("opened_at").first()
    fates = Recipient.objects.filter(delivery__message__conversation=home.pk)
    states = set(fates.values_list("state", flat=True))
    return Trail(home, opened.state if opened else "", bool(states), RecipientState.DELIVERED in states)


def state_of(number: int, trail: Trail) -> TourState:
    step = STEPS[number - 1]
    if not step.done(trail):
        return TourState(False, step.waiting)
    if number == FIRST:
        return TourState(True, "Le voici.", address_of(number + 1, trail), "Ouvrir son message")
    return TourState(True, "C’est fait." if number < LAST else "Vous avez tout vu.")


def address_of(number: int, trail: Trail) -> str:
    """Where a step is played."""
    if number == LAST:
        return reverse("console_journal")
    if number == FIRST or trail.conversation is None:
        return TO_DO.url
    return reverse("conversation", args=[trail.conversation.pk])


def tour_card(request: PharmacyRequest) -> TourCard | None:
    """The step one is at, without asking the database anything; None outside the tour."""
    number = step_of(request.session)
    if not number:
        return None
    step = STEPS[number - 1]
    following = STEPS[number] if number < LAST else None
    return TourCard(
        number=number,
        total=LAST,
        who=step.name,
        title=step.title,
        todo=step.todo,
        look=step.look,
        onward=way_in("", request.tenant.id, following.who, tour=number + 1) if following else None,
        onward_label=following.title if following else "",
    )
