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

TRAITS = ("ins", "names", "birth-date")


class CopyForm(forms.Form):
    what = forms.ChoiceField(choices=[(trait, trait) for trait in TRAITS])


@requires(Permission.READ)
@require_POST
def copied(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Which trait of the patient was copied goes into the journal, never its value."""
    conversation = conversation_for(request.user, conversation_id)
    form = CopyForm(request.POST)
    if not form.is_valid():
        raise Http404
    with transaction.atomic():
        what = form.cleaned_data["what"]
        record(Event.TRAIT_COPY, by=request.user, on=("conversation", conversation.pk), detail=f"what={what}")
    return HttpResponse(status=204)


@requires(Permission.READ)
@require_POST
def printed(request: StaffRequest, attachment_id: UUID) -> HttpResponse:
    """That somebody asked for it on paper goes into the journal."""
    file = attachment_for(request.user, attachment_id)
    with transaction.atomic():
        record(Event.ATTACHMENT_PRINT, by=request.user, on=("attachment", file.pk))
    return HttpResponse(status=204)
