"""What is typed of a week: two stretches a day, each left empty where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from django import forms
from django.http import QueryDict

from portal.house.hours import Stretch

PARTS = {
    "o1": "ouverture du matin",
    "f1": "fermeture du matin",
    "o2": "ouverture de l’après-midi",
    "f2": "fermeture de l’après-midi",
}
BAD_TIME = "Écrivez l’heure ainsi : 8:30."
HALF = "Il manque l’heure d’ouverture ou celle de fermeture."
BACKWARDS = "L’heure de fermeture vient après celle d’ouverture."
OVERLAP = "L’après-midi commence après la fin du matin."


def name_of(day: int, part: str) -> str:
    return f"j{day}{part}"


class HoursForm(forms.Form):
    """Twenty-eight times; `stretches` gives what they say."""

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=initial)
        for day in range(7):
            for part in PARTS:
                field = forms.TimeField(required=False, error_messages={"invalid": BAD_TIME})
                self.fields[name_of(day, part)] = field

    def clean(self) -> None:
        for day in range(7):
            if not any(name_of(day, part) in self.errors for part in PARTS):
                self._check(day)

    def stretches(self) -> list[Stretch]:
        pairs = [(day, self._pair(day, n)) for day in range(7) for n in ("1", "2")]
        return [Stretch(day, opens, closes) for day, (opens, closes) in pairs if opens and closes]

    def _check(self, day: int) -> None:
        morning, afternoon = self._pair(day, "1"), self._pair(day, "2")
        for n, (opens, closes) in (("1", morning), ("2", afternoon)):
            if (opens is None) != (closes is None):
                self.add_error(name_of(day, f"o{n}"), HALF)
            elif opens and closes and closes <= opens:
                self.add_error(name_of(day, f"o{n}"), BACKWARDS)
        if morning[1] and afternoon[0] and afternoon[0] < morning[1]:
            self.add_error(name_of(day, "o2"), OVERLAP)

    def _pair(self, day: int, n: str) -> tuple[time | None, time | None]:
        typed_in = self.cleaned_data
        return typed_in.get(name_of(day, f"o{n}")), typed_in.get(name_of(day, f"f{n}"))


def typed(found: Iterable[Stretch]) -> dict[str, str]:
    """The hours as the form shows them."""
    values: dict[str, str] = {}
    for stretch in found:
        n = "2" if name_of(stretch.weekday, "o1") in values else "1"
        values[name_of(stretch.weekday, f"o{n}")] = f"{stretch.opens:%H:%M}"
        values[name_of(stretch.weekday, f"f{n}")] = f"{stretch.closes:%H:%M}"
    return values
