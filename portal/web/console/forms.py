"""What is typed in the console."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils import timezone

from portal.notices.actions import BadAddress, check_address
from portal.team.models import Role

PAST = "Choisissez aujourd’hui ou un jour à venir. Pour fermer le compte tout de suite, désactivez-le."

BAD_EMAIL = "Cette adresse e-mail n’est pas complète, ou contient un accent : nom@exemple.fr."


class LastDay(forms.DateField):
    """The last day of work, empty for none; not in the past."""

    def __init__(self) -> None:
        super().__init__(required=False, error_messages={"invalid": "Écrivez le jour ainsi : 31/12/2026."})

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and value < timezone.localdate():
            raise forms.ValidationError(PAST)


class Email(forms.EmailField):
    """Where somebody is told things; may be left empty."""

    def __init__(self) -> None:
        super().__init__(max_length=254, required=False, error_messages={"invalid": BAD_EMAIL})

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            try:
                check_address(value)
            except BadAddress as error:
                raise forms.ValidationError(BAD_EMAIL) from error


class InviteForm(forms.Form):
    display_name = forms.CharField(max_length=80)
    sign_in_name = forms.CharField(max_length=60)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.PREPARATEUR)
    last_day = LastDay()
    email = Email()


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class LastDayForm(forms.Form):
    last_day = LastDay()


class EmailForm(forms.Form):
    email = Email()


class AccessForm(forms.Form):
    by_email = forms.BooleanField(required=False)
