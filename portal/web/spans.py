"""From when until when, as it is typed and said: a day and, if need be, an hour, for each end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django import forms
from django.http import QueryDict

from portal.lib.nights import PARIS
from portal.web.templatetags.officinal import NO_BREAK, SHORT_MONTHS, clock

BAD_DAY = "Écrivez le jour ainsi : 31/12/2026."
BAD_TIME = "Écrivez l’heure ainsi : 8:30."
NO_DAY = "Choisissez le premier jour."
BACKWARDS = "La fin vient avant le début."
OVER = "Cette période est déjà passée."
A_DAY = timedelta(days=1)


class SpanForm(forms.Form):
    """Without an hour it begins and ends with the day; without a last day it ends on the first one."""

    first_day = forms.DateField(error_messages={"invalid": BAD_DAY, "required": NO_DAY})
    first_hour = forms.TimeField(required=False, error_messages={"invalid": BAD_TIME})
    last_day = forms.DateField(required=False, error_messages={"invalid": BAD_DAY})
    last_hour = forms.TimeField(required=False, error_messages={"invalid": BAD_TIME})

    def __init__(
        self, data: QueryDict | None = None, *, now: datetime, initial: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.now = now

    def clean(self) -> None:
        if self.errors:
            return
        if self.ends <= self.begins:
            self.add_error("last_day", BACKWARDS)
        elif self.ends <= self.now:
            self.add_error("last_day", OVER)

    @property
    def begins(self) -> datetime:
        given = self.cleaned_data
        return _moment(given["first_day"], given["first_hour"] or time())

    @property
    def ends(self) -> datetime:
        given = self.cleaned_data
        day: date = given["last_day"] or given["first_day"]
        hour: time | None = given["last_hour"]
        return _moment(day + A_DAY, time()) if hour is None else _moment(day, hour)

    @property
    def fault(self) -> str:
        """What is wrong, in one sentence for all four boxes."""
        return next((str(error) for name in FIELDS for error in self[name].errors), "")


FIELDS = ("first_day", "first_hour", "last_day", "last_hour")


def span_words(begins: datetime, ends: datetime, now: datetime) -> str:
    """« le 24 déc. », « du 24 au 31 déc. », « du sam. 28 nov. à 20:00 au dim. 29 nov. à 8:00 »."""
    first, last = begins.astimezone(PARIS), ends.astimezone(PARIS)
    if first.time() == last.time() == time():
        end = last.date() - A_DAY
        if first.date() == end:
            return f"le {_day(end, now)}"
        return f"du {_day(first.date(), now)} au {_day(end, now)}"
    if first.date() == last.date():
        return f"le {_day(first.date(), now)} de {clock(first)} à {clock(last)}"
    return f"du {_day(first.date(), now)} à {clock(first)} au {_day(last.date(), now)} à {clock(last)}"


def _day(day: date, now: datetime) -> str:
    year = "" if day.year == now.astimezone(PARIS).year else f"{NO_BREAK}{day.year}"
    number = "1er" if day.day == 1 else str(day.day)
    return f"{SHORT_DAYS[day.weekday()]} {number}{NO_BREAK}{SHORT_MONTHS[day.month - 1]}{year}"


SHORT_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")


def _moment(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, tzinfo=PARIS)
