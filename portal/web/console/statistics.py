"""*Activité*: how much comes in, when, from whom, and how long people wait for an answer."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from portal.conversations.models import ConversationKind
from portal.conversations.statistics import Statistics, statistics
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.charts import columns, lines
from portal.web.console.frame import STATISTICS, page
from portal.web.requests import StaffRequest

PERIODS = {"7": "7 jours", "30": "30 jours", "90": "3 mois"}
USUAL = "30"
ORIGINS = {
    ConversationKind.PATIENT: "Patients, par Mon espace santé",
    ConversationKind.PROFESSIONAL: "Professionnels",
    ConversationKind.FORM: "Patients, par le formulaire",
}
WAITS = (
    "Moins de 30 minutes",
    "30 minutes à 2 heures",
    "2 à 8 heures",
    "8 heures à 1 jour",
    "Plus d’un jour",
)
NO_ANSWER = "Sans réponse à ce jour"
AGES = ("Moins de 4 heures", "Moins d’un jour", "1 à 3 jours", "3 à 7 jours", "Plus d’une semaine")


@requires(Permission.READ_STATISTICS)
@require_safe
def console_statistics(request: StaffRequest) -> HttpResponse:
    wanted = request.GET.get("jours", USUAL)
    period = wanted if wanted in PERIODS else USUAL
    found = statistics(int(period))
    periods = [(f"?jours={days}", label, days == period) for days, label in PERIODS.items()]
    context = {"periods": periods, "period": PERIODS[period], "counted": found, **_charts(found)}
    return page(request, "console/statistics.html", STATISTICS, context)


def _charts(found: Statistics) -> dict[str, object]:
    answered = [*zip(WAITS, found.answers.within, strict=True), (NO_ANSWER, found.answers.none)]
    return {
        "received": sum(each.received for each in found.days),
        "sent": sum(each.sent for each in found.days),
        "by_day": columns(
            [f"{each.day:%d/%m}" for each in found.days],
            {"reçu": [each.received for each in found.days], "envoyé": [each.sent for each in found.days]},
        ),
        "by_hour": columns([f"{hour} h" for hour in range(24)], {"reçu": found.hours}),
        "hours": list(enumerate(found.hours)),
        "origins": lines([(ORIGINS[kind], number) for kind, number in found.origins.items()]),
        "answers": lines(answered),
        "median": said(found.answers.median),
        "slow": said(found.answers.ninth_of_ten),
        "ages": lines(list(zip(AGES, found.ages, strict=True))),
        "waiting": sum(found.ages),
    }


def said(wait: timedelta | None) -> str:
    """« 45 min », « 3 h 20 », « 2 jours »: as precise as it is of use."""
    if wait is None:
        return ""
    minutes = round(wait.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes}\N{NO-BREAK SPACE}min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}\N{NO-BREAK SPACE}h" + (f"\N{NO-BREAK SPACE}{rest:02}" if rest else "")
    days = round(hours / 24)
    return f"{days}\N{NO-BREAK SPACE}jour{'s' if days > 1 else ''}"
