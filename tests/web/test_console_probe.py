"""The responsible person has the connection of the BAL tried, and sees each step as it comes."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.utils import timezone

from portal.mailboxes import probing
from portal.mailboxes.models import MailboxKind, Probe, ProbeState
from portal.mailboxes.probing import PATIENCE, run_due
from tests.browsing import signed_in
from tests.mailboxes.boxes import open_box
from tests.web.console_case import ConsoleTestCase, console


class TestingTheConnection(ConsoleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        self.path = console("probe", self.box.pk)

    def test_she_asks_waits_and_reads_what_to_do(self) -> None:
        self.assertContains(self.as_nadia.get(console("mailbox")), "Tester la connexion")
        answer = self.as_nadia.post(self.path, follow=True)
        self.assertContains(answer, "Essai en cours")
        self.assertContains(answer, 'hx-trigger="every 1s"')

        run_due()

        page = self.as_nadia.get(console("mailbox"))
        for words in ("À corriger", "en échec", "refuse la connexion", "Vérifiez le port", "non essayé"):
            self.assertContains(page, words)
        self.assertNotContains(page, "every 1s")

    def test_htmx_takes_the_part_that_changes(self) -> None:
        answer = self.as_nadia.htmx("post", self.path)
        self.assertContains(answer, f'id="probe-{self.box.pk}"')
        self.assertNotContains(answer, "<html")

    def test_one_that_nobody_works_on_is_said_to_be_broken_off(self) -> None:
        self.as_nadia.post(self.path)
        long_ago = timezone.now() - PATIENCE - timedelta(seconds=1)
        Probe.objects.update(state=ProbeState.RUNNING, begun_at=long_ago)
        self.assertContains(self.as_nadia.get(self.path), "Essai interrompu")

    def test_one_that_broke_off_is_not_called_a_fault_of_the_operator(self) -> None:
        self.as_nadia.post(self.path)
        with (
            mock.patch.object(probing, "walk_sending", side_effect=RuntimeError("odd")),
            self.assertLogs("portal.mailboxes.probing", "ERROR"),
        ):
            run_due()
        answer = self.as_nadia.get(self.path)
        self.assertContains(answer, "L’essai s’est arrêté avant la fin.")
        self.assertNotContains(answer, "À corriger")

    def test_neither_claire_nor_hugo_has_it_tried_nor_nadia_that_of_a_colleague(self) -> None:
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        for browser, box in (
            (signed_in(self.claire, self.soleil), self.box),
            (self.hugo(), self.box),
            (self.as_nadia, own),
        ):
            self.assertEqual(browser.post(console("probe", box.pk)).status_code, 404)
        self.assertFalse(Probe.objects.exists())
