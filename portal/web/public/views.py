"""The pharmacy's front page, and its colour."""

from __future__ import annotations

import re

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.house.hours import lines, stretches
from portal.intake.form import form_state
from portal.web.access import public
from portal.web.intake.language import patient_page
from portal.web.public.periods import period_lines
from portal.web.requests import PharmacyRequest

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ENOUGH_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, on white


@patient_page
@require_safe
def landing(request: PharmacyRequest) -> HttpResponseBase:
    context = {
        "hours": lines(stretches()),
        "periods": period_lines(timezone.now()),
        "form_open": form_state().open,
    }
    return render(request, "public/landing.html", context)


@require_safe
@public
def accent_css(request: PharmacyRequest) -> HttpResponseBase:
    """The pharmacy's own colour, when it can be read on white; else nothing, and ours stays."""
    accent = request.tenant.accent
    sheet = f":root {{ --brand: {accent.lower()}; }}\n" if _is_legible(accent) else ""
    return HttpResponse(
        sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": "private, max-age=3600"}
    )


def _is_legible(colour: str) -> bool:
    return COLOUR.fullmatch(colour) is not None and 1.05 / (_luminance(colour) + 0.05) >= ENOUGH_CONTRAST


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4) for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
