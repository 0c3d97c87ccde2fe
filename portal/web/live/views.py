"""The door of live events: who may listen, and what of."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.mailboxes.models import Mailbox
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.requests import StaffRequest


@requires(Permission.READ)
@require_safe
def events(request: StaffRequest) -> HttpResponse:
    """Asked by the process of events with the browser's own cookie, first and every 30 seconds (portal/live/door.py).

    Whoever asks learns her own ids alone. A browser that comes here instead gets no stream, and goes on polling.
    """
    seen = Mailbox.objects.seen_by(request.user.pk).values_list("pk", flat=True)
    me = {"pharmacy": request.tenant.id.hex, "person": request.user.pk.hex}
    return JsonResponse(me | {"mailboxes": [mailbox.hex for mailbox in seen]})
