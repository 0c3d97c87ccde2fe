"""What Officinal answers by itself: the responsible person's words, on or off."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.house.calendar import calendar
from portal.inbound.answer_words import BLANKS, CLOSED_TEXT, RECEIPT_TEXT, filled, unknown_blanks
from portal.inbound.answering import set_rule
from portal.inbound.models import AnsweringRule
from portal.mailboxes.models import Mailbox
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.console.frame import ANSWERS, done, page
from portal.web.requests import StaffRequest

LONGEST = 2000
TOO_LONG = f"Ce texte est trop long : {LONGEST} caractères au plus."
NO_WORDS = "Écrivez ce que la réponse dit, ou décochez la case."
UNKNOWN = "Ce champ n’existe pas : {}. Ceux qui existent : {}."


class AnswersForm(forms.Form):
    closed_on = forms.BooleanField(required=False)
    closed_text = forms.CharField(required=False, max_length=LONGEST, error_messages={"max_length": TOO_LONG})
    receipt_on = forms.BooleanField(required=False)
    receipt_text = forms.CharField(
        required=False, max_length=LONGEST, error_messages={"max_length": TOO_LONG}
    )

    def clean_closed_text(self) -> str:
        return _checked(self.cleaned_data["closed_text"])

    def clean_receipt_text(self) -> str:
        return _checked(self.cleaned_data["receipt_text"])

    def clean(self) -> None:
        given = self.cleaned_data
        for name in ("closed", "receipt"):
            if given.get(f"{name}_on") and given.get(f"{name}_text") == "":
                self.add_error(f"{name}_text", NO_WORDS)


def _checked(typed: str) -> str:
    text = typed.replace("\r\n", "\n").strip()
    unknown = unknown_blanks(text)
    if unknown:
        raise forms.ValidationError(UNKNOWN.format(", ".join(unknown), ", ".join(BLANKS)))
    return text


@requires(Permission.MANAGE_ANSWERS)
@require_http_methods(["GET", "HEAD", "POST"])
def console_answers(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, AnswersForm(initial=_known()))
    form = AnswersForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_rule(AnsweringRule(**form.cleaned_data), by=request.user)
    return done(reverse("console_answers"), "reponses")


def _known() -> dict[str, object]:
    rule = AnsweringRule.objects.first() or AnsweringRule()
    return {
        "closed_on": rule.closed_on,
        "closed_text": rule.closed_text or CLOSED_TEXT,
        "receipt_on": rule.receipt_on,
        "receipt_text": rule.receipt_text or RECEIPT_TEXT,
    }


def _page(request: StaffRequest, form: AnswersForm, *, status: int = 200) -> HttpResponse:
    now, hours = timezone.now(), calendar()
    held = Mailbox.objects.filter(answers_held_until__gt=now).order_by("-answers_held_until")
    opens_at = hours.next_opening(now)
    context = {
        "form": form,
        "hours_known": hours.known,
        "held_until": held.values_list("answers_held_until", flat=True).first(),
        "samples": [
            filled(str(form[name].value() or ""), opens_at=opens_at, now=now)
            for name in ("closed_text", "receipt_text")
        ],
    }
    return page(request, "console/answers.html", ANSWERS, context, status=status)
