"""What is answered when something is absent, refused or broken: in French, and nothing of the inside."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

PLAIN = "text/plain; charset=utf-8"
OLD_FORM = "Cette page a expiré. Revenez en arrière, rechargez-la, puis recommencez."


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Absent and forbidden: one answer, byte for byte."""
    return render(request, "errors/404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Malformed, or larger than we take."""
    return HttpResponse("Cette demande ne peut pas être lue.", status=400, content_type=PLAIN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form comes from elsewhere, or from a page too old."""
    if not hasattr(request, "tenant"):  # the demonstration's front page
        return HttpResponse(OLD_FORM, status=403, content_type=PLAIN)
    return render(request, "errors/403.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke; the reference finds the traceback again."""
    error_id = secrets.token_hex(4)
    logger.error("answered 500, reference %s", error_id)
    return HttpResponse(render_to_string("errors/500.html", {"error_id": error_id}), status=500)


def bare_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """For the content host, which has no pages of its own."""
    return HttpResponse("Introuvable.", status=404, content_type=PLAIN)


def bare_server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Ce contenu ne peut pas être montré.", status=500, content_type=PLAIN)
