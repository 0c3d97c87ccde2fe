"""The responsible person sees how the BAL is, has it read at once, and sees no colleague's own."""

from __future__ import annotations

from uuid import uuid4

from portal.audit.models import Entry
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.mail.faults import Code, TemporaryFault
from portal.mailboxes.actions import record_fetch_fault, record_fetch_ok
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState
from tests.browsing import signed_in
from tests.mailboxes.boxes import open_box
from tests.web.console_case import ConsoleTestCase, console


class TheMailbox(ConsoleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def test_its_address_kind_and_last_reading_are_shown(self) -> None:
        self.assertContains(self.as_nadia.get(console("mailbox")), "pas encore")
        record_fetch_ok(self.box)

        page = self.as_nadia.get(console("mailbox"))

        for words in (self.box.address, "Organisationnelle", "En service", "à\u00a0"):
            self.assertContains(page, words)

    def test_a_fault_is_told_in_french_with_what_to_do(self) -> None:
        record_fetch_fault(self.box, TemporaryFault(Code.LOGIN_REFUSED))

        page = self.as_nadia.get(console("mailbox"))

        for words in ("En panne", "La réception est arrêtée", "refuse l’identifiant", "Saisissez à nouveau"):
            self.assertContains(page, words)

    def test_what_is_in_quarantine_is_counted_and_led_to(self) -> None:
        keep(self.box, b"\x00\x01\x02 rien de lisible")
        process_stored()

        page = self.as_nadia.get(console("mailbox"))

        self.assertContains(page, '<a href="/equipe/quarantaine/">1, à voir')

    def test_it_is_read_at_once_when_asked_and_that_is_in_the_journal(self) -> None:
        record_fetch_ok(self.box)
        due = Mailbox.objects.get(pk=self.box.pk).next_fetch_at

        answer = self.as_nadia.post(console("fetch", self.box.pk), follow=True)

        self.assertContains(answer, "relève est demandée")
        self.assertLess(Mailbox.objects.get(pk=self.box.pk).next_fetch_at, due)
        entry = Entry.objects.latest("n")
        self.assertEqual(
            (entry.event, entry.actor, entry.object_id), ("mailbox:fetch-ask", self.nadia.pk, self.box.pk)
        )

    def test_a_mailbox_in_pause_is_not_read(self) -> None:
        Mailbox.objects.filter(pk=self.box.pk).update(state=MailboxState.PAUSED)
        self.assertContains(self.as_nadia.get(console("mailbox")), "En pause")
        self.assertEqual(self.as_nadia.post(console("fetch", self.box.pk)).status_code, 404)

    def test_a_colleagues_own_mailbox_does_not_exist_for_her(self) -> None:
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)

        self.assertNotContains(self.as_nadia.get(console("mailbox")), own.address)
        known, unknown = (self.as_nadia.post(console("fetch", which)) for which in (own.pk, uuid4()))
        self.assertEqual((known.status_code, known.content), (404, unknown.content))

    def test_neither_claire_nor_hugo_reaches_it(self) -> None:
        claire, hugo = signed_in(self.claire, self.soleil), self.hugo()
        self.assertEqual(claire.get(console("mailbox")).status_code, 404)
        self.assertNotContains(hugo.get(console("mailbox")), self.box.address)
        for browser in (claire, hugo):
            self.assertEqual(browser.post(console("fetch", self.box.pk)).status_code, 404)

    def test_the_page_costs_the_same_for_two_mailboxes(self) -> None:
        self.as_nadia.get(console("mailbox"))
        # session, person; mailboxes, counts, deliveries, probes; loads; how far it is
        with self.assertNumQueries(14):
            self.as_nadia.get(console("mailbox"))
        open_box("deuxieme@officine-test.mssante.fr")
        with self.assertNumQueries(14):
            self.as_nadia.get(console("mailbox"))
