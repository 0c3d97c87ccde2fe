"""The journal: who did what, with filters, and its export."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.audit import reading
from portal.audit.actions import record
from portal.audit.events import Event
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import JOURNAL, page
from portal.web.console.journal_form import OTHERS, JournalForm
from portal.web.console.journal_rows import as_csv, journal_row, names
from portal.web.fresh import fresh_factor
from portal.web.requests import StaffRequest

LONGEST_EXPORT = 50_000
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads « é » as « Ã© »


@requires(Permission.READ_JOURNAL)
@require_safe
def console_journal(request: StaffRequest) -> HttpResponse:
    """Fifty entries, newest first; reading it is an entry too."""
    form = JournalForm(request.GET)
    before = _number(request.GET.get("avant", ""))
    found, following = reading.page(form.wanted(), before=before)
    if before is None:
        with transaction.atomic():
            record(Event.JOURNAL_OPEN, by=request.user)
    people = names()
    context = {
        "form": form,
        "rows": [journal_row(entry, people) for entry in found],
        "whole": reading.are_whole(found),
        "length": reading.length(),
        "more": f"?{urlencode(_kept(request) | {'avant': following})}" if following else "",
        "kept": _kept(request),
        **_choices(form, people),
    }
    return page(request, "console/journal.html", JOURNAL, context)


@requires(Permission.READ_JOURNAL)
@require_POST
@fresh_factor
def console_journal_export(request: StaffRequest) -> HttpResponseBase:
    """The newest entries that fit the filters, at most LONGEST_EXPORT; written down with their number."""
    found = reading.entries(JournalForm(request.POST).wanted())[:LONGEST_EXPORT]
    text, count = as_csv(found.iterator(chunk_size=2000), names())
    with transaction.atomic():
        record(Event.JOURNAL_EXPORT, by=request.user, detail=f"rows={count}")
    name = f"journal-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(BOM + text, content_type="text/csv; charset=utf-8", headers=headers)


def _choices(form: JournalForm, people: dict[Any, str]) -> dict[str, Any]:
    who, what = form["qui"].value() or "", form["quoi"].value() or ""
    known = [(str(person), name) for person, name in people.items()]
    others = [(kind.value, kind.label) for kind in OTHERS]
    return {
        "who": [(value, label, value == who) for value, label in [("", "Tout le monde"), *known, *others]],
        "what": [(value, label, value == what) for value, label in [("", "Tout"), *Event.choices]],
    }


def _kept(request: StaffRequest) -> dict[str, str]:
    """The filters in the address."""
    return {name: request.GET[name] for name in JournalForm.base_fields if request.GET.get(name)}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
