"""A single-use link, shown to who made it until she says that it is handed over."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass

import segno
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from portal.notices.actions import tell
from portal.notices.models import NoticeKind
from portal.team.links import find_link
from portal.team.models import User
from portal.team.policy import Permission
from portal.vault.keys import current_keyring
from portal.web.access import requires
from portal.web.console.frame import TEAM, page
from portal.web.requests import StaffRequest

# The link, sealed, from its making until its maker says that it is handed over.
LINK = "access-link"


@dataclass(frozen=True, slots=True)
class KeptLink:
    """Whose link it is, where it leads, and to which e-mail address it leaves, if to any."""

    name: str
    url: str
    sent_to: str


def hand_over(
    request: StaffRequest, person: User, token: str, kind: NoticeKind, *, by_email: bool = True
) -> None:
    """Have the next page show the link of this person, and have it leave by e-mail too where that is possible."""
    to = person.email if by_email else ""
    if to and not tell(to, kind, link=_url(request, token), about=person.pk):
        to = ""
    content = json.dumps([person.display_name, token, to]).encode()
    sealed = current_keyring().seal(content, _context(request))
    request.session[LINK] = base64.b64encode(sealed).decode()


@requires(Permission.INVITE)
@require_http_methods(["GET", "HEAD", "POST"])
def console_link(request: StaffRequest) -> HttpResponseBase:
    """Shown until handed over; a page reloaded by mistake loses nothing, and a link taken up is gone."""
    if request.method == "POST":
        request.session.pop(LINK, None)
    link = _kept(request)
    if link is None:
        return redirect("console_team")
    return page(request, "console/link.html", TEAM, {"link": link})


@requires(Permission.INVITE)
@require_safe
def console_link_qr(request: StaffRequest) -> HttpResponseBase:
    link = _kept(request)
    if link is None:
        raise Http404
    drawing = io.BytesIO()
    square = segno.make(link.url, error="m", micro=False)
    square.save(drawing, kind="svg", scale=6, border=4, dark="#000", light="#fff")
    return HttpResponse(drawing.getvalue(), content_type="image/svg+xml")


def _kept(request: StaffRequest) -> KeptLink | None:
    sealed = request.session.get(LINK)
    if sealed is None:
        return None
    name, token, sent_to = json.loads(current_keyring().open(base64.b64decode(sealed), _context(request)))
    if find_link(token, now=timezone.now()) is None:
        return None
    return KeptLink(name, _url(request, token), sent_to)


def _url(request: StaffRequest, token: str) -> str:
    return request.build_absolute_uri(reverse("accept_invitation", args=[token]))


def _context(request: StaffRequest) -> bytes:
    return b"console.access-link\0" + request.user.id.bytes
