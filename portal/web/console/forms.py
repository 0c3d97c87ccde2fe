"""What is typed in the console."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils import timezone

from portal.team.models import Role
from portal.web.notice_address import NoticeAddress

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


class InviteForm(forms.Form):
    display_name = forms.CharField(max_length=80)
    sign_in_name = forms.CharField(max_length=60)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.PREPARATEUR)
    last_day = LastDay()
    email = NoticeAddress(bad=BAD_EMAIL)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class LastDayForm(forms.Form):
    last_day = LastDay()


class EmailForm(forms.Form):
    email = NoticeAddress(bad=BAD_EMAIL)


class AccessForm(forms.Form):
    by_email = forms.BooleanField(required=False)
