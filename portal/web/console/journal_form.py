"""What is looked for in the journal: person, event, period, object."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django import forms
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import ActorKind
from portal.audit.reading import Wanted

BAD_DAY = "Écrivez le jour ainsi : 31/12/2026."
# Those who act and are nobody of the team.
OTHERS = (ActorKind.SYSTEM, ActorKind.OPERATOR, ActorKind.PATIENT)


class JournalForm(forms.Form):
    qui = forms.CharField(max_length=40, required=False)
    quoi = forms.ChoiceField(choices=[("", ""), *Event.choices], required=False)
    du = forms.DateField(required=False, error_messages={"invalid": BAD_DAY})
    au = forms.DateField(required=False, error_messages={"invalid": BAD_DAY})
    objet = forms.UUIDField(required=False)

    def wanted(self) -> Wanted:
        """What is not understood does not narrow."""
        self.is_valid()
        typed = self.cleaned_data
        who = typed.get("qui") or ""
        last = typed.get("au")
        return Wanted(
            actor=_uuid(who),
            actor_kind=who if who in OTHERS else "",
            event=typed.get("quoi") or "",
            since=_midnight(typed.get("du")),
            until=_midnight(last + timedelta(days=1)) if last else None,
            object_id=typed.get("objet"),
        )


def _midnight(day: date | None) -> datetime | None:
    """The beginning of a day in Paris."""
    if day is None:
        return None
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware here


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
