"""What a patient types: read leniently, refused in words beside the field."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.intake.actions import Declared
from portal.intake.references import LENGTH, typed_reference
from portal.intake.submitting import ASAP, ON_DAY
from portal.lib.text import many_lines, visible
from portal.web.notice_address import NoticeAddress

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_NAME, LONGEST_REMARK = 80, 1000
FURTHEST = timedelta(days=60)
OLDEST = 1890
BIRTH = re.compile(r"(\d{1,2})\D+(\d{1,2})\D+(\d{4})|(\d{2})(\d{2})(\d{4})")
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
FRENCH_NUMBER = re.compile(r"(?:\+33|0033|0)([1-9]\d{8})")
FOREIGN_NUMBER = re.compile(r"(?:\+|00)[1-9]\d{7,13}")
BAD_EMAIL = _("Cette adresse n’est pas complète, ou contient un accent : nom@exemple.fr.")
BAD_DATE = _("Écrivez la date ainsi : 14/03/1962.")


class Name(forms.CharField):
    """One line with a letter in it."""

    def __init__(self, missing: StrOrPromise) -> None:
        errors = {"required": missing, "max_length": _("Ce nom est trop long.")}
        super().__init__(max_length=LONGEST_NAME, error_messages=errors)

    def clean(self, value: object) -> str:
        text = visible(str(super().clean(value)))
        if not any(letter.isalpha() for letter in text):
            raise ValidationError(self.error_messages["required"])
        return text


class BirthDate(forms.CharField):
    """Day, month, year in figures, however they are separated."""

    def __init__(self) -> None:
        missing = _("Écrivez votre date de naissance, par exemple 14/03/1962.")
        super().__init__(max_length=30, error_messages={"required": missing, "max_length": BAD_DATE})

    def clean(self, value: object) -> date:
        return birth_date(str(super().clean(value)), today=timezone.localdate())


class Phone(forms.CharField):
    """A French number, or a foreign one with its country."""

    def __init__(self) -> None:
        missing = _("Écrivez un numéro où vous joindre, par exemple 06 12 34 56 78.")
        super().__init__(max_length=30, error_messages={"required": missing, "max_length": missing})

    def clean(self, value: object) -> str:
        text = re.sub(r"[\s.()/-]", "", str(super().clean(value)))
        if french := FRENCH_NUMBER.fullmatch(text):
            figures = "0" + french[1]
            return " ".join(figures[start : start + 2] for start in range(0, 10, 2))
        if FOREIGN_NUMBER.fullmatch(text):
            return text
        raise ValidationError(
            _("Ce numéro n’est pas complet : il en faut dix chiffres, par exemple 06 12 34 56 78.")
        )


class RequestForm(forms.Form):
    birth_name = Name(_("Écrivez votre nom de naissance, comme sur la carte Vitale."))
    first_name = Name(_("Écrivez votre prénom."))
    birth_date = BirthDate()
    phone = Phone()
    email = NoticeAddress(bad=BAD_EMAIL)
    remark = forms.CharField(
        required=False,
        max_length=LONGEST_REMARK,
        error_messages={"max_length": _("C’est un peu long : mille caractères au plus.")},
    )
    when = forms.ChoiceField(choices=[(ASAP, ASAP), (ON_DAY, ON_DAY)], required=False)
    day = forms.DateField(
        required=False, error_messages={"invalid": _("Écrivez le jour ainsi : 31/12/2026.")}
    )
    consent = forms.BooleanField(
        error_messages={"required": _("Cochez cette case pour que nous puissions préparer votre ordonnance.")}
    )
    notice = forms.IntegerField()

    def clean_remark(self) -> str:
        return many_lines(self.cleaned_data["remark"])

    def clean(self) -> None:
        typed = self.cleaned_data
        if typed.get("when") != ON_DAY or "day" in self.errors:
            return
        day, today = typed.get("day"), timezone.localdate()
        if day is None:
            self.add_error("day", _("Choisissez le jour où vous viendrez."))
        elif not today <= day <= today + FURTHEST:
            self.add_error("day", _("Choisissez un jour entre aujourd’hui et dans deux mois."))

    def declared(self) -> Declared:
        typed = self.cleaned_data
        return Declared(
            birth_name=typed["birth_name"],
            first_name=typed["first_name"],
            birth_date=typed["birth_date"],
            phone=typed["phone"],
            email=typed["email"],
            remark=typed["remark"].strip(),
            when=typed["when"] or ASAP,
            day=typed["day"] if typed["when"] == ON_DAY else None,
        )


class TrackForm(forms.Form):
    reference = forms.CharField(
        max_length=40,
        error_messages={"required": _("Écrivez la référence : douze chiffres.")},
    )
    birth_date = BirthDate()

    def clean_reference(self) -> str:
        reference = typed_reference(self.cleaned_data["reference"])
        if len(reference) != LENGTH:
            raise ValidationError(_("La référence a douze chiffres, par exemple 4821 7703 9156."))
        return reference


def birth_date(text: str, *, today: date) -> date:
    """Raises ValidationError, which says what is wrong with it."""
    if iso := ISO.fullmatch(text.strip()):
        year, month, day = (int(part) for part in iso.groups())
    elif found := BIRTH.fullmatch(text.strip()):
        day, month, year = (int(part) for part in found.groups() if part)
    else:
        raise ValidationError(BAD_DATE)
    if not 1 <= month <= 12:
        raise ValidationError(_("Cette date n’existe pas : le mois va de 1 à 12."))
    try:
        born = date(year, month, day)
    except ValueError as error:
        raise ValidationError(_("Cette date n’existe pas : vérifiez le jour.")) from error
    if born > today:
        raise ValidationError(_("Cette date n’est pas encore arrivée : vérifiez l’année."))
    if year < OLDEST:
        raise ValidationError(_("Vérifiez l’année : elle a quatre chiffres, par exemple 1962."))
    return born
