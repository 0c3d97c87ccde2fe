"""The door of live events: who may listen, and what of; and who is where."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from portal.lib import live
from portal.mailboxes.models import Mailbox
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.people import short_name
from portal.web.requests import StaffRequest


class HereForm(forms.Form):
    """Where a tab stands: in a conversation or in none, and whether somebody types there."""

    tab = forms.UUIDField()
    conversation = forms.UUIDField(required=False)
    writing = forms.BooleanField(required=False)


@requires(Permission.READ)
@require_safe
def events(request: StaffRequest) -> HttpResponse:
    """Asked by the process of events with the browser's own cookie, first and every 30 seconds (portal/live/door.py).

    Whoever asks learns her own ids alone. A browser that comes here instead gets no stream, and goes on polling.
    """
    seen = Mailbox.objects.seen_by(request.user.pk).values_list("pk", flat=True)
    me = {"pharmacy": request.tenant.id.hex, "person": request.user.pk.hex}
    return JsonResponse(me | {"mailboxes": [mailbox.hex for mailbox in seen]})


@requires(Permission.READ)
@require_POST
def here(request: StaffRequest) -> HttpResponse:
    """Tell colleagues who looks at a conversation or writes in it. Nothing of it is kept, here or in the journal."""
    form = HereForm(request.POST)
    if not form.is_valid():
        raise Http404
    me, tab = request.user, form.cleaned_data["tab"]
    if form.cleaned_data["conversation"] is None:
        live.tell(live.Kind.GONE, tab=tab)
        return HttpResponse(status=204)
    there = conversation_for(me, form.cleaned_data["conversation"])
    doing = "writes" if form.cleaned_data["writing"] else "looks"
    at = f"{doing}|{short_name(me.display_name)}"
    live.tell(live.Kind.HERE, there.pk, mailbox=there.mailbox_id, person=me.pk, tab=tab, at=at)
    return HttpResponse(status=204)
