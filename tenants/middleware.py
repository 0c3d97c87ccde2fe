"""From the request's host to its pharmacy, or a bare 404 (architecture 2; security 3.7, fence 1)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import set_urlconf

from tenants.connections import here
from tenants.context import leave
from tenants.hosts import hosts
from tenants.models import DomainKind

UNKNOWN_HOST = "Cette adresse ne correspond à aucune pharmacie."
NOT_SERVED = "errors/503.html"  # a page that asks the pharmacy nothing: it may be half-migrated
# Told here, as whatever says it for other pages comes after this middleware.
NOT_SERVED_HEADERS = {
    "Retry-After": "300",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class PharmacyMiddleware:
    """Enter the pharmacy of the host for the length of a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        leave()
        try:
            return self._answer(request)
        finally:
            set_urlconf(None)
            leave()

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == settings.HEALTH_PATH:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            return self.get_response(request)
        host = _host_of(request)
        if settings.DEMO and host in settings.DEMO_HOME_HOSTS:
            request.urlconf = settings.DEMO_HOME_URLCONF
            return self.get_response(request)
        domain = hosts.find(host)
        if domain is None:
            return HttpResponse(UNKNOWN_HOST, status=404, content_type="text/plain; charset=utf-8")
        if not domain.tenant.served:
            return HttpResponse(render_to_string(NOT_SERVED), status=503, headers=NOT_SERVED_HEADERS)
        here().set_tenant(domain.tenant)
        request.__dict__["tenant"] = domain.tenant
        request.urlconf = (
            settings.CONTENT_URLCONF if domain.kind == DomainKind.CONTENT else settings.ROOT_URLCONF
        )
        return self.get_response(request)


def _host_of(request: HttpRequest) -> str:
    """The name asked for, without its port; empty when it is none."""
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    name = host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdigit() else host
    return name.lower()
