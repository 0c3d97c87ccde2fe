"""How I want to be told of what waits while I am on duty; with a trial of each way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from portal.notices.actions import can_tell
from portal.notices.ladder import ladder
from portal.notices.models import Notice, NoticeKind, Reach, Way
from portal.notices.reach import reach_of, set_reach, try_out
from portal.notices.sms import BadNumber, mobile, readable
from portal.team.models import User
from portal.team.throttle import Limit, take
from portal.web.access import requires_member
from portal.web.alerts import state_words
from portal.web.notice_address import NoticeAddress
from portal.web.requests import StaffRequest

BAD_EMAIL = "Cette adresse e-mail n’est pas complète, ou contient un accent : nom@exemple.fr."
BAD_NUMBER = "Ce numéro n’est pas celui d’un portable : 06 12 34 56 78."
NO_EMAIL = "Écrivez l’adresse, ou décochez la case."
NO_NUMBER = "Écrivez le numéro, ou décochez la case."
TRIALS = Limit("alert-trial", 5, timedelta(hours=1))
SAID = {
    "oui": "C’est enregistré.",
    "essai": "L’essai part : il arrive d’ordinaire en moins d’une minute.",
    "trop": "Cinq essais par heure au plus : attendez un peu.",
}


class AlertsForm(forms.Form):
    by_email = forms.BooleanField(required=False)
    email = NoticeAddress(bad=BAD_EMAIL)
    by_sms = forms.BooleanField(required=False)
    mobile = forms.CharField(required=False, max_length=30)

    def clean_mobile(self) -> str:
        typed: str = self.cleaned_data["mobile"]
        try:
            return mobile(typed) if typed else ""
        except BadNumber as error:
            raise forms.ValidationError(BAD_NUMBER) from error

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("by_email") and given.get("email") == "":
            self.add_error("email", NO_EMAIL)
        if given.get("by_sms") and given.get("mobile") == "":
            self.add_error("mobile", NO_NUMBER)


@dataclass(frozen=True, slots=True)
class TrialCard:
    """One way that is chosen and works here; what became of its last trial, if there was one."""

    way: str
    label: str
    last: str


@require_http_methods(["GET", "HEAD", "POST"])
@requires_member
def my_alerts(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, AlertsForm(initial=_known(request.user)))
    form = AlertsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    set_reach(
        request.user,
        email=given["email"],
        mobile_number=given["mobile"],
        by_email=given["by_email"],
        by_sms=given["by_sms"],
    )
    return _back("oui")


@require_POST
@requires_member
def my_alerts_trial(request: StaffRequest, way: str) -> HttpResponseBase:
    if way not in Way.values:
        raise Http404
    if not take(TRIALS, str(request.user.pk), now=timezone.now()).allowed:
        return _back("trop")
    if not try_out(request.user, Way(way)):
        raise Http404
    return _back("essai")


def _back(said: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('my_alerts')}?fait={said}")


def _known(user: User) -> dict[str, object]:
    """What she chose; until then the address that the console has for her."""
    reach = reach_of(user)
    return {
        "by_email": reach.by_email,
        "email": reach.email or user.email,
        "by_sms": reach.by_sms,
        "mobile": readable(reach.mobile or ""),
    }


def _page(request: StaffRequest, form: AlertsForm, *, status: int = 200) -> HttpResponse:
    said = request.GET.get("fait", "")
    context = {
        "form": form,
        "minutes": ladder().minutes,
        "offers_email": can_tell(),
        "offers_sms": can_tell(Way.SMS),
        "trials": _trials(request.user, reach_of(request.user)),
        "done": SAID.get(said, ""),
        "held": said == "trop",
    }
    return render(request, "account/alerts.html", context, status=status)


def _trials(user: User, reach: Reach) -> list[TrialCard]:
    chosen = ((Way.EMAIL, reach.by_email), (Way.SMS, reach.by_sms))
    return [TrialCard(way, way.label, _last_trial(user, way)) for way, on in chosen if on and can_tell(way)]


def _last_trial(user: User, way: Way) -> str:
    asked = Notice.objects.filter(about=user.pk, kind=NoticeKind.TRIAL, way=way)
    last = asked.order_by("-created_at").first()
    return state_words(last) if last else ""
