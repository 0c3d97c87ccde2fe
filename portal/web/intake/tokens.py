"""What binds a browser to a request: a signed form, and two signed cookies; none is a session of the team."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase

from portal.lib.ids import uuid7
from tenants.context import current_pharmacy

FORM_LIFE = timedelta(hours=12)
# Nobody fills in six fields and takes a photo in less.
LEAST_SECONDS = timedelta(seconds=3)
FILLING, FOLLOWING = "demande", "suivi"
LIVES = {FILLING: timedelta(hours=2), FOLLOWING: timedelta(minutes=30)}


class BadToken(Exception):
    """Not ours, of another pharmacy, or too old: the page is to be loaded again."""


def form_token(request_id: UUID | None = None) -> str:
    """A form for this request, or for a new one that no row has yet: a second click finds the first one's."""
    return _signer("form").sign((request_id or uuid7()).hex)


def read_form(token: str) -> UUID:
    """Raises BadToken."""
    try:
        return UUID(_signer("form").unsign(token, max_age=FORM_LIFE))
    except (BadSignature, ValueError) as error:
        raise BadToken from error


def too_quick(token: str) -> bool:
    """Whether this form was made but a moment ago, as no person would send it."""
    try:
        _signer("form").unsign(token, max_age=LEAST_SECONDS)
    except BadSignature:
        return False
    return True


def remembered(request: HttpRequest, name: str) -> UUID | None:
    """The request that this browser is filling in, or following."""
    try:
        said = request.get_signed_cookie(_cookie(name), salt=_salt(name), max_age=LIVES[name])
        return UUID(said)
    except (KeyError, BadSignature, ValueError):
        return None


def remember(response: HttpResponseBase, name: str, request_id: UUID) -> None:
    """Until the browser is closed, and no longer than LIVES."""
    response.set_signed_cookie(
        _cookie(name),
        request_id.hex,
        salt=_salt(name),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase, name: str) -> None:
    response.delete_cookie(_cookie(name), samesite="Lax")


def _cookie(name: str) -> str:
    return f"__Host-{name}" if settings.HTTPS else name


def _signer(purpose: str) -> TimestampSigner:
    return TimestampSigner(salt=_salt(purpose))


def _salt(purpose: str) -> str:
    return f"intake.{purpose}.{current_pharmacy().id}"
