"""The field for where somebody is told that something waits: an address that a notice can really reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from portal.notices.actions import BadAddress, check_address

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class NoticeAddress(forms.EmailField):
    """May be left empty; `bad` is what is said of an address that no notice could reach."""

    def __init__(self, *, bad: StrOrPromise) -> None:
        super().__init__(max_length=254, required=False, error_messages={"invalid": bad})
        self._bad = bad

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            try:
                check_address(value)
            except BadAddress as error:
                raise forms.ValidationError(self._bad) from error
