"""Who asks: the person of the session, if it is one of this pharmacy and still good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django_otp.middleware import OTPMiddleware

from portal.team.login import person_of
from portal.team.models import User
from portal.web.access import AccessMiddleware
from portal.web.requests import Nobody, PharmacyRequest

__all__ = ["AccessMiddleware", "PersonMiddleware", "SecondFactorMiddleware"]


class PersonMiddleware:
    """Set `request.user`, looked up when it is first asked for: public pages never do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        lazy: Any = SimpleLazyObject(lambda: _person(cast(PharmacyRequest, request)))
        request.user = lazy
        return self.get_response(request)


class SecondFactorMiddleware(OTPMiddleware):
    """django-otp's own, but for one question: the phone that gave the code came with the person."""

    def _verify_user_sync(self, request: PharmacyRequest, user: User | Nobody) -> User | Nobody:
        self._init_user_fields(user)
        if isinstance(user, User):
            vars(user)["otp_device"] = self._finalize_device(request, user, user.proved_by)
        return user


def _person(request: PharmacyRequest) -> User | Nobody:
    tenant = getattr(request, "tenant", None)
    if tenant is None:
        return Nobody()
    return person_of(request.session, pharmacy_id=tenant.id, now=timezone.now()) or Nobody()
