"""The headers that every answer carries: pages, files, redirections and errors alike (security, S19)."""

from __future__ import annotations

from collections.abc import Callable

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from tenants.provisioning import CONTENT_PREFIX

Next = Callable[[HttpRequest], HttpResponseBase]

NOT_USED = ("camera", "microphone", "geolocation", "payment", "usb", "display-capture", "browsing-topics")
NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS = {
    # What no one asked to be kept is not kept: a shared counter has a back button.
    "Cache-Control": "no-store",
    # For what is no page (files, plain answers): pages got their own from django-csp before.
    "Content-Security-Policy": NOTHING_RUNS,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NOT_USED),
    "X-DNS-Prefetch-Control": "off",
}
CLEAR_SITE_DATA = '"cache", "storage"'  # not "cookies": that would reach the pharmacy's other sites


class HeadersMiddleware:
    """Add what an answer does not say itself. Outside of all that answers, WhiteNoise included."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]:
            response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response


class ContentOriginMiddleware:
    """Let a pharmacy's pages show what its content host serves, and no other host's."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_for_team(request):
            return self.get_response(request)
        origin = content_origin(request)
        wider = {"img-src": [origin], "frame-src": [origin]}
        if settings.EVENTS.isdigit():
            wider["connect-src"] = [events_origin(request)]
        answered: HttpResponseBase = csp_update(wider)(self.get_response)(request)
        return answered


def content_origin(request: HttpRequest) -> str:
    """Where this pharmacy's mail contents are shown, such as `https://contenu.soleil.example`."""
    return f"{request.scheme}://{CONTENT_PREFIX}{request.get_host()}"


def events_origin(request: HttpRequest) -> str:
    """Where the process of events answers for this host: this very origin, unless it has a port of its own."""
    if not settings.EVENTS.isdigit():
        return ""
    return f"{request.scheme}://{request.get_host().partition(':')[0]}:{settings.EVENTS}"


def _is_for_team(request: HttpRequest) -> bool:
    return getattr(request, "urlconf", None) == settings.ROOT_URLCONF
