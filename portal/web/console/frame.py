"""What surrounds every page of the console: its tabs, who is there, what was just done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from portal.web.account.people import person_card
from portal.web.console.start_steps import progress
from portal.web.requests import StaffRequest

# What was just done, by the word in the address: nothing that comes from outside is ever shown.
DONE = {
    "modifie": "C’est modifié. La personne se reconnectera avec sa nouvelle fonction.",
    "adresse": "L’adresse e-mail est enregistrée.",
    "date": "Le dernier jour est enregistré.",
    "releve": "La relève est demandée : les nouveaux messages arrivent dans un instant.",
    "horaires": "Les horaires sont enregistrés, et visibles sur la page publique.",
    "periode": "La période est enregistrée, et visible sur la page publique.",
    "periode-retiree": "La période est retirée.",
    "feries": "Les jours fériés sont enregistrés.",
    "reponses": "Les réponses automatiques sont enregistrées.",
    "alertes": "Le réglage des alertes est enregistré.",
    "absence": "L’absence est enregistrée : le travail en cours reviendra à l’équipe à son début.",
    "absence-retiree": "L’absence est retirée.",
    "notice": "La notice est enregistrée : les patients lisent cette version.",
    "ouvert": "Le formulaire est ouvert aux patients.",
    "ferme": "Le formulaire est fermé. Les demandes reçues restent, et leur suivi aussi.",
    "bal": "La boîte est ajoutée, et sa connexion est à l’essai.",
    "reglages": "Les réglages sont enregistrés, et la connexion est à l’essai.",
    "identifiants": "Les identifiants sont remplacés, et la connexion est à l’essai.",
    "debloque": "L’expéditeur est débloqué : ses échanges sont de retour.",
    "pause": "La boîte est en pause : rien n’en est relevé ni envoyé. Rien n’est perdu.",
    "reprise": "La boîte est de nouveau en service.",
    "coordonnees": "Les coordonnées sont enregistrées, et visibles sur la page publique.",
    "signature": "La signature est enregistrée : elle est mise sous chaque message écrit par l’équipe.",
    "essai": "Le message d’essai part : il revient d’ordinaire en moins d’une minute.",
    "modele": "Le modèle est enregistré et approuvé.",
    "depart": "Les modèles proposés sont ajoutés : relisez-les, corrigez-les, puis approuvez-les.",
    "approuve": "C’est approuvé : toute l’équipe peut s’en servir.",
    "supprime": "Le modèle est supprimé.",
    "etiquette": "L’étiquette est enregistrée.",
    "etiquette-otee": "L’étiquette est supprimée. Les conversations qui la portaient restent.",
    "poste": "Ce navigateur est enrôlé : l’équipe y revient en deux gestes.",
    "poste-retire": "Le poste est retiré : on n’y revient plus qu’avec les deux preuves.",
    "ecran": "L’écran est ajouté : ouvrez son lien sur l’ordinateur qui l’affiche.",
    "ecran-lien": "Le lien est renouvelé : l’ancien ne montre plus rien.",
    "ecran-retire": "L’écran est retiré : son lien ne montre plus rien.",
    "desactive": "Le compte est désactivé, et ses sessions sont fermées.",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of the console; `name` is its URL's. `rare`: a phone's bar has no room for it, a menu beside it has."""

    label: str
    icon: str
    name: str
    rare: bool = True


TEAM = Tab("Équipe", "users", "console_team", rare=False)
MAILBOX = Tab("Messagerie", "inbox", "console_mailbox", rare=False)
WORKSTATIONS = Tab("Postes", "monitor", "console_workstations")
JOURNAL = Tab("Journal", "file-text", "console_journal", rare=False)
STATISTICS = Tab("Activité", "chart-column", "console_statistics")
HOURS = Tab("Horaires", "clock", "console_hours")
DETAILS = Tab("Coordonnées", "map-pin", "console_details")
START = Tab("Mise en route", "circle-check", "console_start")
TEMPLATES = Tab("Modèles", "file-text", "console_templates")
LABELS = Tab("Étiquettes", "tag", "console_labels")
ANSWERS = Tab("Réponses automatiques", "reply", "console_answers")
ALERTS = Tab("Alertes", "bell", "console_alerts")
FORM = Tab("Formulaire", "square-pen", "console_form")
TABS = (
    *(TEAM, WORKSTATIONS, MAILBOX, JOURNAL, STATISTICS, HOURS, DETAILS),
    *(TEMPLATES, LABELS, ANSWERS, ALERTS, FORM),
)


def page(
    request: StaffRequest, template: str, here: Tab, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """One page of the console, with its tabs."""
    left = progress(request.user)
    around = {
        "progress": left,
        "start": (reverse(START.name), here is START),
        "tabs": [(tab, reverse(tab.name), tab is here) for tab in TABS],
        "me": person_card(request.user),
        "done": DONE.get(request.GET.get("fait", ""), ""),
    }
    return render(request, template, around | context, status=status)


def done(url: str, what: str) -> HttpResponseRedirect:
    """Back to a page, which says what was done: a key of DONE."""
    return HttpResponseRedirect(f"{url}?fait={what}")
