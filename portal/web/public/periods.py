"""What differs from the week in the coming days, for the public page: gardes, closures, openings besides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.house.hours import spoken
from portal.house.models import Period, PeriodKind
from portal.lib.nights import PARIS

AHEAD = timedelta(days=14)
MOST = 4
LABELS: dict[str, Promise] = {
    PeriodKind.GARDE: _("Garde"),
    PeriodKind.EXTRA: _("Ouverture exceptionnelle"),
    PeriodKind.CLOSED: _("Fermeture"),
}
NOW: dict[str, Promise] = {
    PeriodKind.GARDE: _("De garde en ce moment"),
    PeriodKind.EXTRA: _("Ouverture exceptionnelle en ce moment"),
    PeriodKind.CLOSED: _("Fermé en ce moment"),
}


@dataclass(frozen=True, slots=True)
class PeriodLine:
    label: str
    words: str


def period_lines(now: datetime) -> list[PeriodLine]:
    """In the language of the page."""
    found = Period.objects.to_come(now).filter(begins__lt=now + AHEAD)[:MOST]
    return [
        PeriodLine(str((NOW if each.begins <= now else LABELS)[each.kind]), _words(each.begins, each.ends))
        for each in found
    ]


def _words(begins: datetime, ends: datetime) -> str:
    """« dimanche 29 novembre, 8 h – lundi 30 novembre, 8 h 30 »; whole days without the hour."""
    first, last = begins.astimezone(PARIS), ends.astimezone(PARIS)
    if first.time() == last.time() == time():
        last -= timedelta(days=1)
        return _day(first) if first.date() == last.date() else f"{_day(first)} – {_day(last)}"
    if first.date() == last.date():
        return f"{_day(first)}, {_hour(first)} – {_hour(last)}"
    return f"{_day(first)}, {_hour(first)} – {_day(last)}, {_hour(last)}"


def _day(moment: datetime) -> str:
    return date_format(moment, "l j F")


def _hour(moment: datetime) -> str:
    return spoken(moment.time())
