"""The paths of the console, below /console/."""

from __future__ import annotations

from django.urls import path

from portal.web.console import (
    details,
    form,
    hours,
    journal,
    labels,
    links,
    mailbox,
    person,
    probe,
    servers,
    setup,
    start,
    statistics,
    team,
    templates,
    workstations,
)

urlpatterns = [
    path("", start.console_home, name="console_home"),
    path("mise-en-route/", start.console_start, name="console_start"),
    path("mise-en-route/essai/", start.console_start_trial, name="console_start_trial"),
    path("equipe/", team.console_team, name="console_team"),
    path("equipe/inviter/", team.console_invite, name="console_invite"),
    path("equipe/lien/", links.console_link, name="console_link"),
    path("equipe/lien.svg", links.console_link_qr, name="console_link_qr"),
    path("equipe/<uuid:person_id>/", person.console_person, name="console_person"),
    path("equipe/<uuid:person_id>/fonction/", person.console_role, name="console_role"),
    path("equipe/<uuid:person_id>/dernier-jour/", person.console_last_day, name="console_last_day"),
    path("equipe/<uuid:person_id>/adresse/", person.console_email, name="console_email"),
    path("equipe/<uuid:person_id>/desactiver/", person.console_deactivate, name="console_deactivate"),
    path("equipe/<uuid:person_id>/acces/", person.console_access, name="console_access"),
    path("equipe/<uuid:person_id>/responsable/", person.console_transfer, name="console_transfer"),
    path("postes/", workstations.console_workstations, name="console_workstations"),
    path(
        "postes/<uuid:workstation_id>/retirer/",
        workstations.console_workstation_revoke,
        name="console_workstation_revoke",
    ),
    path("messagerie/", mailbox.console_mailbox, name="console_mailbox"),
    path("messagerie/<uuid:mailbox_id>/relever/", mailbox.console_fetch, name="console_fetch"),
    path("messagerie/ajouter/", setup.console_mailbox_new, name="console_mailbox_new"),
    path("messagerie/ajouter/serveurs/", servers.console_mailbox_search, name="console_mailbox_search"),
    path("messagerie/<uuid:mailbox_id>/essai/", probe.console_probe, name="console_probe"),
    path(
        "messagerie/<uuid:mailbox_id>/reglages/",
        setup.console_mailbox_settings,
        name="console_mailbox_settings",
    ),
    path(
        "messagerie/<uuid:mailbox_id>/identifiants/",
        setup.console_mailbox_credentials,
        name="console_mailbox_credentials",
    ),
    path("messagerie/<uuid:mailbox_id>/pause/", setup.console_mailbox_pause, name="console_mailbox_pause"),
    path(
        "messagerie/<uuid:mailbox_id>/reprise/", setup.console_mailbox_resume, name="console_mailbox_resume"
    ),
    path("journal/", journal.console_journal, name="console_journal"),
    path("journal/export.csv", journal.console_journal_export, name="console_journal_export"),
    path("activite/", statistics.console_statistics, name="console_statistics"),
    path("coordonnees/", details.console_details, name="console_details"),
    path("coordonnees/signature/", details.console_signature, name="console_signature"),
    path("horaires/", hours.console_hours, name="console_hours"),
    path("formulaire/", form.console_form, name="console_form"),
    path("formulaire/ouvrir/", form.console_form_open, name="console_form_open"),
    path("formulaire/fermer/", form.console_form_close, name="console_form_close"),
    path("etiquettes/", labels.console_labels, name="console_labels"),
    path("etiquettes/<uuid:label_id>/", labels.console_label, name="console_label"),
    path("etiquettes/<uuid:label_id>/supprimer/", labels.console_label_delete, name="console_label_delete"),
    path("modeles/", templates.console_templates, name="console_templates"),
    path("modeles/nouveau/", templates.console_template_new, name="console_template_new"),
    path("modeles/approuver/", templates.console_templates_approve, name="console_templates_approve"),
    path("modeles/depart/", templates.console_templates_start, name="console_templates_start"),
    path("modeles/<uuid:template_id>/", templates.console_template, name="console_template"),
    path(
        "modeles/<uuid:template_id>/supprimer/",
        templates.console_template_delete,
        name="console_template_delete",
    ),
]
