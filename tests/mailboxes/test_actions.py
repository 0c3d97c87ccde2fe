"""Tests of a mailbox's life: opened, taken in turn, stopped by a fault and well again."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection, connections
from django.utils import timezone

from portal.audit.models import Entry
from portal.mail.addresses import BadAddress
from portal.mail.faults import Code, MailboxFault, TemporaryFault
from portal.mailboxes.actions import (
    AddressTaken,
    NothingToLogInWith,
    claim_due,
    fetch_soon,
    record_fetch_fault,
    record_send_fault,
    record_send_ok,
)
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.faults import fetch_fault, send_fault
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState
from portal.mailboxes.schedule import fetch_delay, send_delay
from tenants.context import inside, leave
from tenants.wakeups import claim_due as claim_wakeups
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase
from tests.mailboxes.boxes import authority, open_box

OTHER = "une-autre@officine-test.mssante.fr"


class Opening(PharmacyTestCase):
    def test_an_address_is_kept_in_its_normal_form_and_journalled(self) -> None:
        box = open_box("Pharmacie.Du.Soleil@Officine-Test.MSSante.FR", by=self.nadia)

        self.assertEqual(box.address, "pharmacie.du.soleil@officine-test.mssante.fr")
        entry = Entry.objects.get(event="mailbox:create")
        self.assertEqual((entry.actor, entry.object_id), (self.nadia.id, box.id))

    def test_a_pharmacy_has_an_address_once(self) -> None:
        open_box()

        self.assertRaises(AddressTaken, open_box)
        self.assertEqual(Mailbox.objects.count(), 1)

    def test_what_is_no_good_is_refused_before_anything_is_written(self) -> None:
        key = authority().client("a@soleil.mssante.example").key.decode()
        for expected, changes in (
            (BadAddress, {"address": "pharmacie du soleil"}),
            (MailboxFault, {"trust_pem": "pas un certificat"}),
            (MailboxFault, {"credentials": Credentials(certificate=authority().trust.decode(), key=key)}),
            (MailboxFault, {"login": "a\r\nb"}),
            (NothingToLogInWith, {"credentials": Credentials()}),
        ):
            with self.subTest(changes=list(changes)):
                self.assertRaises(expected, open_box, **changes)
        self.assertEqual(Mailbox.objects.count(), 0)

    def test_a_personal_mailbox_is_seen_by_its_owner_alone(self) -> None:
        shared = open_box()
        own = open_box(OTHER, kind=MailboxKind.PER, owner=self.claire)

        self.assertEqual(set(Mailbox.objects.seen_by(self.claire.id)), {shared, own})
        self.assertEqual(set(Mailbox.objects.seen_by(self.nadia.id)), {shared})


class Turns(PharmacyTestCase):
    def test_a_mailbox_that_was_taken_is_nobody_elses_for_a_while(self) -> None:
        box = open_box()

        self.assertEqual(claim_due(), [box.id])
        self.assertEqual(claim_due(), [])
        fetch_soon(box.id)
        self.assertEqual(claim_due(), [box.id])

    def test_a_paused_mailbox_is_left_alone(self) -> None:
        open_box()
        Mailbox.objects.update(state=MailboxState.PAUSED)

        self.assertEqual(claim_due(), [])

    def test_one_mailboxs_fault_leaves_the_other_in_its_turn(self) -> None:
        sick, well = open_box(), open_box(OTHER)

        claim_due()
        record_fetch_fault(sick, MailboxFault(Code.LOGIN_REFUSED))

        well.refresh_from_db()
        self.assertEqual((well.fetch_fault, well.fetch_failures), ("", 0))
        fetch_soon(well.id)
        self.assertEqual(claim_due(), [well.id])


class Wakeups(CommittingPharmacyTestCase):
    def due(self) -> set[str]:
        leave()
        found = {due.what for due in claim_wakeups()}
        connection.set_tenant(self.soleil)
        return found

    def test_a_new_mailbox_is_fetched_at_once(self) -> None:
        open_box()

        self.assertIn("fetch", self.due())

    def test_a_taken_turn_leaves_a_wakeup_in_case_the_worker_dies(self) -> None:
        open_box()
        self.due()

        with inside(self.soleil):
            claim_due()

        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT due_at FROM public.tenants_wakeup WHERE what = 'fetch'")
            due_at = cursor.fetchone()[0]
        self.assertLess(due_at, timezone.now() + timedelta(minutes=1))


class Faults(PharmacyTestCase):
    def test_an_expired_certificate_is_told_with_its_date(self) -> None:
        box = open_box()

        record_fetch_fault(box, MailboxFault(Code.TLS_EXPIRED, "expired", when=date(2026, 11, 1)))

        shown = fetch_fault(Mailbox.objects.get(pk=box.pk))
        assert shown
        self.assertIn("expiré (01/11/2026)", shown.cause)
        self.assertIsNone(send_fault(box))

    def test_the_same_fault_is_journalled_once(self) -> None:
        box = open_box()

        for _ in range(3):
            record_fetch_fault(box, TemporaryFault(Code.TIMEOUT))

        self.assertEqual(Entry.objects.filter(event="mailbox:fault").count(), 1)

    def test_a_fault_in_sending_stops_the_mailbox_until_its_next_try(self) -> None:
        box = open_box()

        retry_at = record_send_fault(box, MailboxFault(Code.TLS_CLIENT_CERTIFICATE))

        stored = Mailbox.objects.get(pk=box.pk)
        self.assertEqual(stored.send_retry_at, retry_at)
        self.assertGreater(retry_at, timezone.now() + timedelta(seconds=50))
        self.assertIn("certificat", str(send_fault(stored)))

    def test_a_message_that_leaves_ends_it(self) -> None:
        box = open_box()
        record_send_fault(box, MailboxFault(Code.TLS_CLIENT_CERTIFICATE))

        record_send_ok(box)

        stored = Mailbox.objects.get(pk=box.pk)
        self.assertEqual((stored.send_fault, stored.send_retry_at, stored.send_failures), ("", None, 0))
        self.assertIsNotNone(stored.last_sent_at)
        self.assertEqual(Entry.objects.filter(event="mailbox:recover").count(), 1)

    def test_patience_grows_to_its_limit(self) -> None:
        waits = [fetch_delay(n, first=30, longest=600, chance=0).total_seconds() for n in (0, 1, 2, 5, 400)]
        self.assertEqual(waits, [30, 60, 120, 600, 600])
        self.assertEqual(fetch_delay(0, first=30, longest=600, chance=1).total_seconds(), 27)
        self.assertEqual([send_delay(n).total_seconds() / 60 for n in (1, 2, 3, 50)], [1, 2, 5, 15])
