"""What the steps of a prescription post."""

from __future__ import annotations

from django import forms
from django.core.validators import MinValueValidator

from portal.prescriptions.lifecycle import RULES, Given
from portal.prescriptions.models import Act

LONGEST_REMARK = 500


class StepForm(forms.Form):
    """An act, alone or with its reason (`wait:stock`), what goes with it, and the version that was on screen."""

    version = forms.IntegerField(validators=[MinValueValidator(1)])
    act = forms.CharField(max_length=40)
    remark = forms.CharField(required=False, max_length=LONGEST_REMARK)
    alone = forms.BooleanField(required=False)
    evidence = forms.CharField(required=False, max_length=10)
    seen_by = forms.UUIDField(required=False)

    def clean_act(self) -> tuple[Act, str]:
        name, _, reason = str(self.cleaned_data["act"]).partition(":")
        if name not in [act.value for act in RULES]:
            raise forms.ValidationError("Acte inconnu.")
        return Act(name), reason

    def asked(self) -> tuple[Act, Given]:
        """The act of a valid form, and what was said with it."""
        said = self.cleaned_data
        act, reason = said["act"]
        return act, Given(
            reason=reason,
            remark=said["remark"],
            alone=said["alone"],
            evidence=said["evidence"],
            seen_by=said["seen_by"],
        )
