"""Tests that templates are written and approved in the console, and that nobody's words are lost there."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.db import connection

from portal.audit.models import Entry
from portal.lib.ids import uuid7
from portal.outbound.blanks import check_template
from portal.outbound.models import ReplyTemplate
from portal.outbound.starters import STARTERS
from portal.outbound.templates import save_template, templates_for
from tests.browsing import signed_in
from tests.web.console_case import ConsoleTestCase, console

WORDS = "Votre commande est prête à {heure}."


class Templates(ConsoleTestCase):
    def setUp(self) -> None:
        super().setUp()
        ReplyTemplate.objects.all().delete()

    def save(self, template_id: Any, **said: Any) -> Any:
        data = {"name": "Prête", "text": WORDS, "version": 0, **said}
        if data["version"]:
            return self.as_nadia.post(console("template", template_id), data)
        return self.as_nadia.post(console("template_new"), {"id": template_id, **data})

    def test_what_the_responsible_person_writes_is_approved_by_her(self) -> None:
        response = self.save(uuid7())

        self.assertRedirects(response, f"{console('templates')}?fait=modele")
        self.assertEqual(ReplyTemplate.objects.get().approved_by, self.nadia)
        self.assertContains(self.as_nadia.get(console("templates")), "Approuvé par Nadia B.")
        self.assertEqual(templates_for(self.karim), list(ReplyTemplate.objects.all()))
        self.assertEqual(Entry.objects.latest("n").event, "template:change")

    def test_what_is_refused_comes_back_with_the_reason(self) -> None:
        for said, reason in (
            ({"text": "À {heure"}, "Il manque une accolade"),
            ({"text": " "}, "vide"),
            ({"name": " "}, "Donnez un nom"),
            ({"text": "{un} {deux} {trois} {quatre}"}, "Pas plus de 3 champs"),
            ({"text": "x" * 2001}, "trop long"),
        ):
            response = self.save(uuid7(), **said)
            self.assertContains(response, reason, status_code=422)
        self.assertFalse(ReplyTemplate.objects.exists())

    def test_two_who_change_one_template_do_not_lose_each_others_words(self) -> None:
        kept = save_template(uuid7(), name="Prête", text=WORDS, version=0, by=self.nadia)
        self.save(kept.pk, version=1, text="Neuf")

        response = self.save(kept.pk, version=1, text="Vieux")

        self.assertContains(response, "entre-temps", status_code=409)
        self.assertContains(response, "Vieux</textarea>", status_code=409)
        self.assertEqual(ReplyTemplate.objects.get().text, "Neuf")

    def test_a_double_click_makes_one(self) -> None:
        template_id = uuid7()
        for _ in range(2):
            self.save(template_id)

        self.assertEqual(ReplyTemplate.objects.count(), 1)

    def test_what_is_ticked_is_approved_and_the_rest_is_not(self) -> None:
        one, two = (
            save_template(uuid7(), name=name, text=WORDS, version=0, by=self.karim) for name in ("Un", "Deux")
        )
        self.assertContains(self.as_nadia.get(console("templates")), "À approuver")

        self.as_nadia.post(console("templates_approve"), {"seen": [f"{one.pk}.1"]})

        self.assertEqual(templates_for(self.karim), [one])
        stale = self.as_nadia.post(console("templates_approve"), {"seen": [f"{two.pk}.7"]})
        self.assertContains(stale, "entre-temps", status_code=409)
        self.assertEqual(templates_for(self.karim), [one])

    def test_one_is_deleted(self) -> None:
        kept = save_template(uuid7(), name="Prête", text=WORDS, version=0, by=self.nadia)

        self.as_nadia.post(console("template_delete", kept.pk), {"version": 1})

        self.assertFalse(ReplyTemplate.objects.exists())
        self.assertEqual(Entry.objects.latest("n").event, "template:delete")

    def test_it_is_the_responsible_persons_alone(self) -> None:
        kept = save_template(uuid7(), name="Prête", text=WORDS, version=0, by=self.nadia)
        for browser in (signed_in(self.claire, self.soleil), self.hugo()):
            self.assertEqual(browser.get(console("template", kept.pk)).status_code, 404)

    def test_a_pharmacy_begins_with_a_set_that_waits_to_be_read(self) -> None:
        first = import_module("portal.outbound.migrations.0005_first_templates")

        first.give(apps, SimpleNamespace(connection=connection))

        self.assertEqual(ReplyTemplate.objects.count(), len(first.FIRST))
        self.assertEqual(templates_for(self.karim), [])
        for template in ReplyTemplate.objects.all():
            self.assertEqual(check_template(template.text), template.text)

    def test_what_is_proposed_and_not_there_is_added_in_one_click_and_waits_to_be_read(self) -> None:
        save_template(uuid7(), name="Commande prête", text=WORDS, version=0, by=self.nadia)
        self.assertContains(self.as_nadia.get(console("templates")), f"{len(STARTERS) - 1} modèles")

        for _ in range(2):
            self.as_nadia.post(console("templates_start"), {})

        names = set(ReplyTemplate.objects.values_list("name", flat=True))
        self.assertEqual(names, set(STARTERS))
        self.assertEqual(ReplyTemplate.objects.count(), len(STARTERS))
        self.assertEqual(ReplyTemplate.objects.get(name="Commande prête").text, WORDS)
        self.assertEqual([each.name for each in templates_for(self.karim)], ["Commande prête"])
        self.assertNotContains(self.as_nadia.get(console("templates")), "Ajouter le jeu de départ")
        for template in ReplyTemplate.objects.all():
            self.assertEqual(check_template(template.text), template.text)
