"""What the content host answers: pictures to look at, files to keep, and nothing that a browser would run."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from portal.documents.sniff import DOWNLOAD
from portal.web.content.names import disposition
from tenants.provisioning import CONTENT_PREFIX


def picture(request: HttpRequest, jpeg: bytes) -> HttpResponse:
    return _apart(request, HttpResponse(jpeg, content_type="image/jpeg"))


def kept(request: HttpRequest, data: bytes, name: str, content_type: str = DOWNLOAD) -> HttpResponse:
    """A file that is always saved, whatever its type."""
    response = HttpResponse(data, content_type=content_type)
    response.headers["Content-Disposition"] = disposition(name)
    return _apart(request, response)


def _apart(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Security 3.5 and 3.6: nothing runs, nothing is fetched, only the pharmacy's own pages may show it."""
    team = f"{request.scheme}://{request.get_host().removeprefix(CONTENT_PREFIX)}"
    policy = f"sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {team}"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cross-Origin-Resource-Policy"] = "same-site"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
