"""What the content host answers: pictures to look at, files to keep, and nothing that a browser would run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from portal.documents.sniff import DOWNLOAD
from portal.web.content.layouts import STYLE_HASH
from portal.web.content.names import disposition
from tenants.provisioning import CONTENT_PREFIX

Response = TypeVar("Response", bound=HttpResponseBase)


def picture(request: HttpRequest, jpeg: bytes) -> HttpResponse:
    return _apart(request, HttpResponse(jpeg, content_type="image/jpeg"))


def kept(request: HttpRequest, data: bytes, name: str, content_type: str = DOWNLOAD) -> HttpResponse:
    """A file that is always saved, whatever its type."""
    response = HttpResponse(data, content_type=content_type)
    response.headers["Content-Disposition"] = disposition(name)
    return _apart(request, response)


def streamed(request: HttpRequest, pieces: Iterable[bytes], name: str) -> HttpResponseBase:
    """A file that is made as it is sent."""
    response = StreamingHttpResponse(pieces, content_type=DOWNLOAD)
    response.headers["Content-Disposition"] = disposition(name)
    return _apart(request, response)


def letter(request: HttpRequest, page: str) -> HttpResponse:
    """A sender's HTML: nothing runs, nothing at all is fetched, a link opens a window that knows nothing of ours."""
    response = _apart(request, HttpResponse(page))
    team = response.headers["Content-Security-Policy"].partition("; ")[2]
    response.headers["Content-Security-Policy"] = (
        f"sandbox allow-popups allow-popups-to-escape-sandbox; {team}; img-src data:; "
        f"style-src 'unsafe-inline'; style-src-attr 'unsafe-inline'; style-src-elem {STYLE_HASH}"
    )
    return response


def _apart(request: HttpRequest, response: Response) -> Response:
    """Security 3.5 and 3.6: nothing runs, nothing is fetched, only the pharmacy's own pages may show it."""
    team = f"{request.scheme}://{request.get_host().removeprefix(CONTENT_PREFIX)}"
    policy = f"sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {team}"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cross-Origin-Resource-Policy"] = "same-site"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
