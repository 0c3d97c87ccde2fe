"""What a form of the front page carries to a pharmacy's host: who is to be signed in there, signed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from portal.web.demo.cards import Way

SALT = "officinal.demo.ticket"
LIFE = timedelta(hours=12)


class NoTicket(Exception):
    """Not signed by us, too old, or for another pharmacy."""


def ticket_for(pharmacy_id: UUID, sign_in_name: str) -> str:
    return signing.dumps([str(pharmacy_id), sign_in_name], salt=SALT)


def name_on(ticket: str, *, pharmacy_id: UUID) -> str:
    """Whose ticket it is. Raises NoTicket."""
    try:
        pharmacy, name = signing.loads(ticket, salt=SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NoTicket from error
    if pharmacy != str(pharmacy_id):
        raise NoTicket
    return str(name)


def way_in(origin: str, pharmacy_id: UUID, sign_in_name: str, *, tour: int = 0, next_url: str = "") -> Way:
    """The form that signs this person in at the pharmacy served at `origin` (empty: the one we are at)."""
    action = f"{origin}{reverse('demo_enter', urlconf=settings.ROOT_URLCONF)}"
    return Way(action, ticket_for(pharmacy_id, sign_in_name), tour, next_url)


def origin_of(request: HttpRequest, host: str) -> str:
    """`http://soleil.localhost:8000`: a host on the port that the browser uses now."""
    port = request.get_host().rpartition(":")[2]
    return f"{request.scheme}://{host}" + (f":{port}" if port.isdigit() else "")
