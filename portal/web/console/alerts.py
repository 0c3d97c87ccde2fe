"""Who is told of what waits, and after how long; who would be now, and who was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.house.calendar import calendar
from portal.notices.actions import can_tell
from portal.notices.ladder import ladder, set_ladder
from portal.notices.models import Notice, NoticeKind, NoticeState, Rung, Way
from portal.notices.reach import Told, audience
from portal.team.models import Responsibility, User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.alerts import state_words
from portal.web.console.frame import ALERTS, done, page
from portal.web.requests import StaffRequest

MINUTES = (5, 10, 15, 20, 30, 45, 60, 90, 120)
SHOWN, SHOWN_FOR = 50, timedelta(days=30)
CHOOSE = "Choisissez dans la liste."


class LadderForm(forms.Form):
    minutes = forms.TypedChoiceField(coerce=int, choices=[(each, each) for each in (0, *MINUTES)])
    deputy = forms.UUIDField(required=False)

    def clean_deputy(self) -> User | None:
        chosen = self.cleaned_data["deputy"]
        if chosen is None:
            return None
        found = next((each for each in possible_deputies() if each.pk == chosen), None)
        if found is None:
            raise forms.ValidationError(CHOOSE)
        return found


def possible_deputies() -> list[User]:
    """Everybody who works here but the responsible person."""
    responsible = Responsibility.objects.values("user")
    here = User.objects.filter(active=True).exclude(pk__in=responsible)
    return list(here.order_by("display_name"))


@dataclass(frozen=True, slots=True)
class ReachedCard:
    """Somebody who would be told now; no ways: nothing reaches her."""

    name: str
    ways: str


@dataclass(frozen=True, slots=True)
class AlertCard:
    """One alert that left, or should have."""

    who: str
    what: str
    at: datetime
    state: str
    failed: bool


@requires(Permission.MANAGE_ALERTS)
@require_http_methods(["GET", "HEAD", "POST"])
def console_alerts(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        now = ladder()
        return _page(request, LadderForm(initial={"minutes": now.minutes, "deputy": now.deputy_id}))
    form = LadderForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_ladder(minutes=form.cleaned_data["minutes"], deputy=form.cleaned_data["deputy"], by=request.user)
    return done(reverse("console_alerts"), "alertes")


def _page(request: StaffRequest, form: LadderForm, *, status: int = 200) -> HttpResponse:
    rule, chosen = ladder(), str(form["minutes"].value())
    people = audience(rule)
    heads = [each for each in people if Rung.HEAD in each.rungs]
    can_leave = can_tell() or can_tell(Way.SMS)
    context = {
        "form": form,
        "off": not rule.minutes,
        "minutes": [(0, "Jamais : personne n’est prévenu", chosen == "0"), *_minutes(chosen)],
        "deputies": [("", "Personne", not form["deputy"].value()), *_deputies(form)],
        "hours_known": calendar().known,
        "offers_email": can_tell(),
        "offers_sms": can_tell(Way.SMS),
        "on_duty": [_reached(each) for each in people if Rung.DUTY in each.rungs],
        "heads": [_reached(each) for each in heads],
        "unreached": heads[0].user.display_name if can_leave and not any(each.ways for each in heads) else "",
        "alerts": _alerts(),
    }
    return page(request, "console/alerts.html", ALERTS, context, status=status)


def _minutes(chosen: str) -> list[tuple[int, str, bool]]:
    return [(each, f"{each} minutes d’ouverture", chosen == str(each)) for each in MINUTES]


def _deputies(form: LadderForm) -> list[tuple[str, str, bool]]:
    chosen = str(form["deputy"].value() or "")
    return [(str(each.pk), each.display_name, str(each.pk) == chosen) for each in possible_deputies()]


def _reached(told: Told) -> ReachedCard:
    return ReachedCard(told.user.display_name, " et ".join(way.label for way, _ in told.ways))


def _alerts() -> list[AlertCard]:
    """The newest first."""
    since = timezone.now() - SHOWN_FOR
    found = Notice.objects.filter(rung__isnull=False, created_at__gt=since).order_by("-created_at")
    rows = list(found.defer("address", "link")[:SHOWN])
    names = _names({row.about for row in rows})
    return [_card(row, names) for row in rows]


def _names(ids: set[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "display_name"))


def _card(notice: Notice, names: dict[UUID, str]) -> AlertCard:
    rung = "comme responsable" if notice.rung == Rung.HEAD else "en service"
    count = f"{notice.n}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}" if notice.n > 1 else ""
    return AlertCard(
        who=f"{names.get(notice.about, '')}, {rung}, par {Way(notice.way).label}",
        what=f"{count}{NoticeKind(notice.kind).label}",
        at=notice.created_at,
        state=state_words(notice, brief=True),
        failed=notice.state == NoticeState.FAILED,
    )
