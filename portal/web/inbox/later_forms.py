"""When a message is to leave, as a form says it: at the next opening, at a day and an hour, now."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.core.validators import MinValueValidator
from django.utils import timezone

from portal.house.calendar import calendar
from portal.web.inbox.forms import MOST_SURE

NO_TIME = "Choisissez un jour et une heure."
BAD_TIME = "Choisissez un moment à venir, d’ici un an."
OPENING, CHOOSE = "opening", "choose"
UNKNOWN = time(9)


class WhenForm(forms.Form):
    """`when` is a button, `on` and `time` are fields."""

    when = forms.CharField(required=False, max_length=10)
    on = forms.DateField(required=False)
    time = forms.TimeField(required=False)

    def moment(self) -> datetime | None:
        """On the clock of the pharmacy; None where none was chosen."""
        now = timezone.now()
        if not self.is_valid():
            return None
        if self.cleaned_data["when"] == OPENING:
            return calendar().next_opening(now) or _tomorrow(now)
        if self.cleaned_data["when"] == "now":
            return now
        on, at = self.cleaned_data["on"], self.cleaned_data["time"]
        return timezone.make_aware(datetime.combine(on, at)) if on and at else None


def _tomorrow(now: datetime) -> datetime:
    """Where no hours are known: a time at which a pharmacy is open."""
    day = timezone.localtime(now).date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, UNKNOWN))


class ChosenForm(WhenForm):
    """The page on which a moment is chosen for a draft that is stored."""

    draft_version = forms.IntegerField(validators=[MinValueValidator(0)])
    version = forms.IntegerField(required=False, validators=[MinValueValidator(0)])
    sure = forms.Field(required=False, widget=forms.MultipleHiddenInput)

    def addresses(self) -> frozenset[str]:
        """Those that were confirmed for a first message."""
        return frozenset((self.cleaned_data.get("sure") or [])[:MOST_SURE])


class ApproveLaterForm(WhenForm):
    draft_version = forms.IntegerField(validators=[MinValueValidator(0)])
    version = forms.IntegerField(required=False, validators=[MinValueValidator(0)])
    conversation = forms.UUIDField(required=False)
