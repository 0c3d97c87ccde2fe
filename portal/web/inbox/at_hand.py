"""What is taken over to the pharmacy's software at the counter: copied or printed in the browser, noted here."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from portal.audit.actions import record
from portal.audit.events import Event
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.doors import attachment_for, conversation_for
from portal.web.requests import StaffRequest

TRAITS = ("ins", "names", "birth-date", "number")


class CopyForm(forms.Form):
    what = forms.ChoiceField(choices=[(trait, trait) for trait in TRAITS])


@requires(Permission.READ)
@require_POST
def copied(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Which trait of the patient was copied goes into the journal, never its value."""
    conversation = conversation_for(request.user, conversation_id)
    return _note(request, ("conversation", conversation.pk))


@requires(Permission.READ)
@require_POST
def copied_from(request: StaffRequest, attachment_id: UUID) -> HttpResponse:
    """The same of what a document of health says, or of its prescription's number."""
    file = attachment_for(request.user, attachment_id)
    return _note(request, ("attachment", file.pk))


@requires(Permission.READ)
@require_POST
def printed(request: StaffRequest, attachment_id: UUID) -> HttpResponse:
    """That somebody asked for it on paper goes into the journal."""
    file = attachment_for(request.user, attachment_id)
    with transaction.atomic():
        record(Event.ATTACHMENT_PRINT, by=request.user, on=("attachment", file.pk))
    return HttpResponse(status=204)


def _note(request: StaffRequest, on: tuple[str, UUID]) -> HttpResponse:
    form = CopyForm(request.POST)
    if not form.is_valid():
        raise Http404
    with transaction.atomic():
        record(Event.TRAIT_COPY, by=request.user, on=on, detail=f"what={form.cleaned_data['what']}")
    return HttpResponse(status=204)
