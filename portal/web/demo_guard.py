"""The demonstration answers this machine alone, whatever the server is bound to."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from portal.web.checks import is_loopback

ELSEWHERE = "La démonstration ne répond qu’à la machine où elle tourne."


class DemoGuardMiddleware:
    """Known passwords and codes on screen must not be reached from elsewhere, even by a mistaken `--bind`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.DEMO:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_loopback(request.META.get("REMOTE_ADDR", "")) or "HTTP_X_FORWARDED_FOR" in request.META:
            return HttpResponse(ELSEWHERE, status=403, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
