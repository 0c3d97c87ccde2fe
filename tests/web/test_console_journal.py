"""The responsible person reads who did what, narrows it, exports it; and that is an entry too."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import OPERATOR, record
from portal.audit.events import Event
from portal.audit.models import Entry
from portal.audit.reading import are_whole
from portal.team.models import User
from portal.web.console.journal_rows import inert
from tests.browsing import signed_in
from tests.web.console_case import ConsoleTestCase, console


class TheJournal(ConsoleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.object = uuid4()
        with transaction.atomic():
            record(Event.CONVERSATION_OPEN, by=self.karim, on=("conversation", self.object))
            record(Event.CHANGE_ROLE, by=self.nadia, on=("user", self.claire.pk), detail="role=adjoint")
            record(Event.RESET_ACCESS, by=OPERATOR, on=("user", self.karim.pk))

    def shown(self, **filters: object) -> str:
        page = self.as_nadia.get(console("journal"), filters)
        self.assertEqual(page.status_code, 200)
        return page.content.decode().partition('<ol class="board">')[2].partition("</ol>")[0]

    def test_it_is_in_french_with_names_and_ids_alone(self) -> None:
        page = self.shown()
        for words in ("Conversation consultée", "Karim Belkacem", "Compte de Claire Moulin", "Exploitant"):
            self.assertIn(words, page)

    def test_each_filter_narrows(self) -> None:
        tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
        for filters, there, gone in (
            ({"qui": self.karim.pk}, "Conversation consultée", "Fonction modifiée"),
            ({"qui": "operator"}, "Nouvel accès remis", "Conversation consultée"),
            ({"quoi": "team:change-role"}, "Fonction modifiée", "Conversation consultée"),
            ({"objet": self.object}, "Conversation consultée", "Fonction modifiée"),
            ({"au": timezone.localdate().isoformat()}, "Fonction modifiée", "Aucune entrée"),
            ({"du": tomorrow}, "Aucune entrée", "Fonction modifiée"),
        ):
            with self.subTest(filters):
                page = self.shown(**filters)
                self.assertIn(there, page)
                self.assertNotIn(gone, page)

    def test_what_is_not_understood_narrows_nothing(self) -> None:
        for filters in ({"du": "hier"}, {"objet": "x"}, {"quoi": "nothing"}, {"avant": "x"}, {"qui": "x"}):
            with self.subTest(filters):
                self.assertIn("Conversation consultée", self.shown(**filters))

    def test_the_next_page_goes_on_where_the_first_ended(self) -> None:
        with transaction.atomic():
            for _ in range(60):
                record(Event.CONVERSATION_OPEN, by=self.karim, on=("conversation", uuid4()))
        first = self.as_nadia.get(console("journal"), {"qui": self.karim.pk})
        self.assertEqual(first.content.count(b'class="entry"'), 50)

        last = Entry.objects.filter(actor=self.karim.pk).order_by("-n")[49].n
        self.assertContains(first, f"?qui={self.karim.pk}&amp;avant={last}")
        self.assertEqual(self.shown(qui=self.karim.pk, avant=last).count('class="entry"'), 11)

    def test_reading_it_is_an_entry(self) -> None:
        self.shown()
        entry = Entry.objects.latest("n")
        self.assertEqual((entry.event, entry.actor), ("journal:open", self.nadia.pk))

    def test_an_altered_entry_shows(self) -> None:
        rows = list(Entry.objects.order_by("-n")[:3])
        self.assertTrue(are_whole(rows))
        rows[1].detail = "role=titulaire"
        self.assertFalse(are_whole(rows))

    def test_a_rewritten_entry_no_longer_carries_the_next_one(self) -> None:
        rows = list(Entry.objects.order_by("-n")[:3])
        rows[1].hash = b"\x00" * 32
        self.assertFalse(are_whole(rows))

    def test_claire_finds_none_and_hugo_only_his_own(self) -> None:
        claire = signed_in(self.claire, self.soleil)
        self.assertEqual(claire.get(console("journal")).status_code, 404)
        self.assertEqual(claire.post(console("journal_export")).status_code, 404)
        page = self.hugo().get(console("journal"), {"objet": self.object})
        self.assertContains(page, "Aucune entrée")
        self.assertNotContains(page, "Karim")


class Export(ConsoleTestCase):
    def rows(self, **filters: object) -> list[list[str]]:
        answer = self.post(console("journal_export"), dict(filters))
        self.assertEqual(answer["Content-Type"], "text/csv; charset=utf-8")
        self.assertIn("attachment", answer["Content-Disposition"])
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    def test_it_asks_for_both_factors_and_is_an_entry(self) -> None:
        self.assertContains(self.as_nadia.post(console("journal_export")), "proof_code", status_code=422)

        head, *rows = self.rows()

        self.assertEqual(head[:3], ["Numéro", "Date et heure", "Qui"])
        entry = Entry.objects.latest("n")
        self.assertEqual((entry.event, entry.detail), ("journal:export", f"rows={len(rows)}"))

    def test_no_name_becomes_a_formula(self) -> None:
        User.objects.filter(pk=self.karim.pk).update(display_name='=HYPERLINK("http://mal.example")')
        with transaction.atomic():
            record(Event.CONVERSATION_OPEN, by=self.karim, on=("conversation", uuid4()))

        rows = self.rows(qui=str(self.karim.pk))

        self.assertEqual(rows[1][2], '\'=HYPERLINK("http://mal.example")')
        for row in rows:
            for cell in row:
                self.assertFalse(cell.startswith(("=", "+", "-", "@")), cell)

    def test_every_way_to_begin_a_formula_is_made_text(self) -> None:
        for cell in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"):
            with self.subTest(repr(cell)):
                self.assertEqual(inert(cell), f"'{cell}")
        self.assertEqual(inert("Karim"), "Karim")

    def test_hours_are_those_of_paris(self) -> None:
        with transaction.atomic():
            record(Event.CONVERSATION_OPEN, by=self.karim, on=("conversation", uuid4()))
        stamp = self.rows(qui=str(self.karim.pk))[1][1]
        self.assertRegex(stamp, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0[12]:00$")
