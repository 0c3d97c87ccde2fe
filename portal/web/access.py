"""Which view asks for whom; a view that does not say is served to nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp.middleware import is_verified

from portal.team import login
from portal.team.login import Standing
from portal.team.policy import Permission, allows
from portal.team.second_factor import has_second_factor
from portal.web.requests import UNATTENDED, PharmacyRequest, StaffRequest, is_htmx

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
StaffView = Callable[Concatenate[StaffRequest, P], HttpResponseBase]
PublicView = Callable[Concatenate[PharmacyRequest, P], HttpResponseBase]

LOCKED_EVENT = "officinal:locked"


class Stage(Enum):
    """How far in one must be."""

    ANYBODY = auto()
    PRESENT = auto()  # the password was given; the code perhaps not, the screen may be locked
    ENTERING = auto()  # as before, but not locked
    MEMBER = auto()  # both factors, not locked


@dataclass(frozen=True)
class Access:
    """What a view asks for. `keeps_awake`: whether calling it shows that somebody is there."""

    stage: Stage
    permissions: frozenset[Permission] = frozenset()
    keeps_awake: bool = True


class UnmarkedView(Exception):
    """A view says neither @requires(...) nor @public, so nobody may have it."""


def public(view: PublicView[P]) -> View[P]:
    """Anybody may call this view, and must be treated as such."""
    return _marked(view, Access(Stage.ANYBODY))


def requires(*permissions: Permission) -> Callable[[StaffView[P]], View[P]]:
    """A signed-in member of the team whose role, or responsibility, allows all of these."""
    return lambda view: _marked(view, Access(Stage.MEMBER, frozenset(permissions)))


def requires_member(view: StaffView[P]) -> View[P]:
    """Any signed-in member of the team, whatever the role."""
    return _marked(view, Access(Stage.MEMBER))


def requires_password(view: StaffView[P]) -> View[P]:
    """Whoever gave the password, on the way to the second factor or past it."""
    return _marked(view, Access(Stage.ENTERING))


def requires_presence(view: StaffView[P]) -> View[P]:
    """Whoever gave the password, though the screen be locked; calling it does not keep the session awake."""
    return _marked(view, Access(Stage.PRESENT, keeps_awake=False))


class AccessMiddleware:
    """Stand between every request and its view. The last of the middlewares: nothing is decided after it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: PharmacyRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        access = access_of(view)
        if access.stage is Stage.ANYBODY:
            return None
        staff = cast(StaffRequest, request)
        staff.standing = standing_of(staff)
        refusal = _refusal(staff, access)
        if refusal is None and access.keeps_awake and UNATTENDED not in request.META:
            login.touch(staff.session, now=timezone.now())
        return refusal


def access_of(view: Callable[..., Any]) -> Access:
    """Raises UnmarkedView."""
    access = getattr(view, "access", None)
    if not isinstance(access, Access):
        raise UnmarkedView(f"{view.__module__}.{getattr(view, '__qualname__', view)}")
    return access


def standing_of(request: StaffRequest) -> Standing:
    """How far in the person who asks is."""
    if not request.user.is_authenticated:
        return Standing.NOBODY
    if not is_verified(request.user):
        return Standing.HALF
    return Standing.LOCKED if login.is_locked(request.session, now=timezone.now()) else Standing.MEMBER


def safe_next(url: str | None) -> str:
    """A page of the team on this very host, or nothing."""
    if (
        url
        and url.startswith(("/equipe/", "/console/"))
        and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    ):
        return url
    return ""


def _marked(view: Callable[..., HttpResponseBase], access: Access) -> Callable[..., HttpResponseBase]:
    vars(view)["access"] = access
    return view


def _refusal(request: StaffRequest, access: Access) -> HttpResponseBase | None:
    """Where to send who may not pass; None lets pass.

    Raises:
        Http404: signed in, but without the right: forbidden looks like absent.
    """
    standing = request.standing
    if standing is Standing.NOBODY:
        return _to(request, "sign_in")
    if access.stage is Stage.PRESENT:
        return None
    if standing is Standing.LOCKED:
        return _locked(request)
    if access.stage is Stage.ENTERING:
        return None
    if standing is Standing.HALF:
        return _to(request, "second_factor" if has_second_factor(request.user) else "enrol_totp")
    if not all(allows(request.user, permission) for permission in access.permissions):
        raise Http404
    return None


def _to(request: HttpRequest, name: str) -> HttpResponse:
    target = _with_next(reverse(name), request)
    if is_htmx(request):
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def _locked(request: HttpRequest) -> HttpResponse:
    """htmx covers the page that is there; a link leads to the lock and back."""
    if is_htmx(request) or UNATTENDED in request.META:
        return HttpResponse(status=401, headers={"HX-Trigger": LOCKED_EVENT})
    return HttpResponseRedirect(_with_next(reverse("lock"), request))


def _with_next(target: str, request: HttpRequest) -> str:
    wanted = request.get_full_path() if request.method == "GET" and not is_htmx(request) else ""
    following = safe_next(wanted)
    return f"{target}?{urlencode({'next': following})}" if following else target
