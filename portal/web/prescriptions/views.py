"""Move a prescription one step, or open one by hand; the answer is its conversation."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.conversations.actions import StaleVersion
from portal.prescriptions.actions import NothingReceived, act_on, open_by_hand
from portal.prescriptions.lifecycle import (
    EvidenceNeeded,
    NotNow,
    NotYours,
    ReasonNeeded,
    SecondPersonNeeded,
)
from portal.prescriptions.models import Prescription
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act
from portal.web.inbox.doors import conversation_for, prescription_for
from portal.web.inbox.forms import ActForm
from portal.web.prescriptions.forms import StepForm
from portal.web.requests import StaffRequest

MOVED = "Un collègue l’a fait avancer entre-temps : voyez où elle en est. Rien n’a été changé."
OPENED = "Une ordonnance a été ouverte entre-temps dans cet échange : la voici. Rien n’a été changé."
UNCLEAR = "Choisissez ce qu’il faut faire de cette ordonnance ; la précision tient en 500 caractères."
FAULTS = {
    SecondPersonNeeded: "Vous avez préparé cette ordonnance : un autre pharmacien la contrôle. "
    "Si vous êtes seul présent, cochez la case qui le dit.",
    ReasonNeeded: "Dites pour quelle raison ; « Autre raison » demande quelques mots.",
    EvidenceNeeded: "Dites ce qui a été vu avant de remettre, et par qui : une photo ne suffit pas.",
}


@requires(Permission.PREPARE)
@require_POST
def open_one(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """« Ouvrir une ordonnance »; `version` is how many the screen showed, so that two people open one."""
    conversation = conversation_for(request.user, conversation_id)
    form = ActForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        open_by_hand(conversation, by=request.user, seen=form.cleaned_data["version"])
    except StaleVersion:
        return after_act(request, conversation.pk, fault=OPENED, status=409)
    except NothingReceived as error:
        raise Http404 from error
    return after_act(request, conversation.pk)


@requires(Permission.PREPARE)
@require_POST
def step(request: StaffRequest, prescription_id: UUID) -> HttpResponse:
    """Whether this person may do this very act, the table says (portal/prescriptions/lifecycle.py)."""
    prescription = prescription_for(request.user, prescription_id)
    home = prescription.conversation_id
    form = StepForm(request.POST)
    if not form.is_valid():
        return after_act(request, home, fault=UNCLEAR, status=422)
    try:
        _do(prescription, form, request.user)
    except NotYours as error:
        raise Http404 from error
    except (StaleVersion, NotNow):
        return after_act(request, home, fault=MOVED, status=409)
    except (SecondPersonNeeded, ReasonNeeded, EvidenceNeeded) as error:
        return after_act(request, home, fault=FAULTS[type(error)], status=422)
    return after_act(request, home)


def _do(prescription: Prescription, form: StepForm, me: User) -> None:
    act, given = form.asked()
    if given.seen_by and not _works_here(given.seen_by):
        raise EvidenceNeeded
    act_on(prescription, act, by=me, version=form.cleaned_data["version"], given=given)


def _works_here(person: UUID) -> bool:
    found = User.objects.filter(pk=person).first()
    return found is not None and found.in_service(timezone.localdate())
