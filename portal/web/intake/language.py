"""In which language a patient reads: French, or one that has a catalogue and that the browser asks for first."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from portal.web.access import public
from portal.web.requests import PharmacyRequest

P = ParamSpec("P")
PatientView = Callable[Concatenate[PharmacyRequest, P], HttpResponseBase]


def patient_page(view: PatientView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Anybody may call this view, and reads it in a language of PATIENT_LANGUAGES; the team's screens stay French."""

    def spoken(request: PharmacyRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        with translation.override(language_of(request)):
            response = view(request, *args, **kwargs)
        response.headers["Vary"] = "Accept-Language, Cookie"
        return response

    update_wrapper(spoken, view)
    return public(spoken)


def language_of(request: HttpRequest) -> str:
    """The first of the browser's languages that we have."""
    for wanted in request.headers.get("Accept-Language", "").split(","):
        code = wanted.partition(";")[0].strip().lower()[:2]
        if code in settings.PATIENT_LANGUAGES:
            return code
    return settings.LANGUAGE_CODE
