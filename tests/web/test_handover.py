"""Tests of the relève: gathered, frozen and signed by who goes, countersigned by who comes in a session of her own."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations.actions import finish, mark_opened
from portal.conversations.counters import counts
from portal.conversations.models import Conversation, ConversationState, CounterKind
from portal.handover.actions import AnotherWaits, countersign, digest_of, sign
from portal.handover.gathering import gather
from portal.handover.models import Group, Handover
from portal.mailboxes.models import MailboxKind
from portal.prescriptions.actions import open_by_hand
from portal.prescriptions.models import Prescription, State
from portal.team.models import Role, User
from tests import cast
from tests.browsing import Browser
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import CommittingInboxTestCase, InboxTestCase, page

PAGE = page("handover")
WORD = "Le frigo fait du bruit, le technicien passe à 9 h."


def signed_by(user: User, word: str = "") -> Handover:
    now = timezone.now()
    waiting = Handover.objects.unsigned().values_list("pk", flat=True).first()
    return sign(by=user, word=word, shown=gather(user, now=now).mark, waiting=waiting, now=now)


class Relay(InboxTestCase):
    def sign(self, browser: Browser, **posted: Any) -> Any:
        shown = re.search(r'name="shown" value="(\w+)"', browser.get(PAGE).content.decode())
        return browser.post(page("handover_sign"), {"shown": shown[1] if shown else "0", **posted})

    def take(self, browser: Browser, handover: Handover) -> Any:
        return browser.post(page("handover_countersign", handover.pk))

    def a_letter(self, **options: Any) -> Conversation:
        """Of an hour ago, that Claire opened."""
        letter = self.received(**options)
        mark_opened(letter, by=self.claire)
        hour_ago = timezone.now() - timedelta(hours=1)
        Conversation.objects.filter(pk=letter.pk).update(
            received_version=1, last_received_at=hour_ago, last_message_at=hour_ago, unopened=False
        )
        return letter

    def lines(self, user: User) -> list[Group]:
        return [line.group for line in gather(user, now=timezone.now()).lines]


class Gathering(Relay):
    def test_it_holds_what_waits_what_is_ready_what_nobody_opened_and_what_did_not_leave(self) -> None:
        letters = [self.a_letter(subject=f"Lettre {n}") for n in range(6)]
        changes: list[dict[str, Any]] = [
            {"failed": True},
            {"unopened": True},
            {"state": ConversationState.PRESCRIBER},
            {"state": ConversationState.PATIENT},
            {"state": ConversationState.LATER},
        ]
        for letter, change in zip(letters, changes, strict=False):
            Conversation.objects.filter(pk=letter.pk).update(**change)
        ready = open_by_hand(letters[5], by=self.karim, seen=0)
        Prescription.objects.filter(pk=ready.pk).update(
            state=State.READY, prepared_by=self.karim, controlled_by=self.claire
        )

        with self.statements() as asked:
            found = self.lines(self.karim)

        self.assertEqual(found, list(Group))
        self.assertEqual(len(asked.sql), 2)
        shown = self.as_karim.get(PAGE)
        for letter in (*letters[:4], letters[5]):
            self.assertContains(shown, f'href="{page("conversation", letter.pk)}"')

    def test_what_came_a_moment_ago_or_is_in_somebodys_own_mailbox_is_not_handed_over(self) -> None:
        just = self.received(subject="À l’instant")
        Conversation.objects.filter(pk=just.pk).update(last_received_at=timezone.now())
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        hers = self.received(subject="Pour elle", box=own)
        Conversation.objects.filter(pk=hers.pk).update(state=ConversationState.PATIENT)

        for user in (self.karim, self.claire):
            self.assertEqual(self.lines(user), [])
        self.assertContains(self.as_karim.get(PAGE), "Rien n’est en suspens")


class Signing(Relay):
    def test_who_goes_signs_and_who_comes_countersigns_in_a_session_of_her_own(self) -> None:
        self.sign(self.as_karim, word=WORD)
        handover = Handover.objects.get()

        self.assertContains(self.as_karim.get(PAGE), "À signer maintenant")
        self.assertContains(self.as_karim.get(PAGE), 'name="next" value="/equipe/releve/"')
        self.assertContains(self.as_claire.get(PAGE), WORD)
        self.take(self.as_claire, handover)

        handover.refresh_from_db()
        self.assertEqual((handover.left_by, handover.taken_by), (self.karim, self.claire))
        kept = self.as_karim.get(page("handover_kept", handover.pk))
        for words in ("Karim Belkacem", "Claire Moulin", WORD, "data-print"):
            self.assertContains(kept, words)
        self.assertContains(self.as_karim.get(PAGE), page("handover_kept", handover.pk))
        events = Entry.objects.filter(object_kind="handover").order_by("n").values_list("event", "actor")
        self.assertEqual(
            list(events), [("handover:sign", self.karim.pk), ("handover:countersign", self.claire.pk)]
        )
        detail = str(Entry.objects.filter(event="handover:sign").get().detail)
        self.assertEqual(detail.rpartition("=")[2].replace("-", ""), handover.digest)

    def test_nobody_countersigns_what_she_signed(self) -> None:
        self.sign(self.as_karim)
        handover = Handover.objects.get()

        self.assertContains(self.take(self.as_karim, handover), "dans sa session", status_code=409)
        self.assertNotContains(self.as_karim.get(PAGE), "je prends la relève")

    def test_one_that_waits_is_said_on_every_list_until_it_is_countersigned_without_a_query_more(
        self,
    ) -> None:
        inbox, said = page("inbox_view", "a-traiter"), "Une relève attend d’être contresignée"
        self.as_claire.get(inbox)
        with self.statements() as before:
            self.assertNotContains(self.as_claire.get(inbox), said)
        handover = signed_by(self.karim)

        with self.statements() as after:
            self.assertContains(self.as_claire.get(inbox), said)
        self.assertEqual(len(after.sql), len(before.sql))
        self.take(self.as_claire, handover)
        self.assertNotContains(self.as_claire.get(inbox), said)
        self.assertEqual(counts(self.nadia.pk)[CounterKind.HANDOVER], 0)

    def test_what_was_signed_stays_as_it_was(self) -> None:
        letter = self.a_letter(subject="Renouvellement")
        Conversation.objects.filter(pk=letter.pk).update(state=ConversationState.PATIENT)
        handover = signed_by(self.karim, WORD)
        now = Conversation.objects.get(pk=letter.pk)
        finish(now, by=self.nadia, version=now.version)

        kept = self.as_claire.get(page("handover_kept", handover.pk))
        self.assertContains(kept, page("conversation", letter.pk))
        self.assertContains(kept, "En attente du patient")
        self.assertNotContains(kept, "n’est plus celui qui a été signé")

        stored = Handover.objects.get()
        self.assertEqual(digest_of(stored), stored.digest)
        stored.word = "Tout va bien."
        stored.save()
        changed = self.as_claire.get(page("handover_kept", handover.pk))
        self.assertContains(changed, "n’est plus celui qui a été signé")

    def test_what_moved_since_it_was_read_is_read_again_before_it_is_signed(self) -> None:
        letter = self.a_letter()
        page_read = re.search(r'name="shown" value="(\w+)"', self.as_karim.get(PAGE).content.decode())
        Conversation.objects.filter(pk=letter.pk).update(state=ConversationState.PATIENT)

        answer = self.as_karim.post(
            page("handover_sign"), {"shown": page_read[1] if page_read else "", "word": WORD}
        )

        self.assertContains(answer, "La liste vient de changer", status_code=409)
        self.assertContains(answer, WORD, status_code=409)
        self.assertFalse(Handover.objects.exists())

    def test_who_signs_alone_two_evenings_replaces_the_first_and_a_colleague_does_not(self) -> None:
        first = signed_by(self.karim)
        self.assertContains(
            self.sign(self.as_claire, waiting=first.pk), "rien n’a été signé", status_code=409
        )
        self.assertContains(self.sign(self.as_karim), "rien n’a été signé", status_code=409)

        self.sign(self.as_karim, waiting=first.pk)

        second = Handover.objects.unsigned().get()
        self.assertNotEqual(second, first)
        self.assertEqual(counts(self.nadia.pk)[CounterKind.HANDOVER], 1)
        self.assertContains(self.take(self.as_claire, first), "n’attend plus", status_code=409)
        self.assertContains(self.as_claire.get(PAGE), "jamais contresignée")

    def test_a_student_reads_it_and_signs_nothing(self) -> None:
        handover = signed_by(self.karim)
        lea = self.browser(cast.join("lea", "Léa Petit", Role.ETUDIANT))

        self.assertNotContains(lea.get(PAGE), "je prends la relève")
        self.assertEqual(self.take(lea, handover).status_code, 404)
        self.assertEqual(self.sign(lea).status_code, 404)

    def test_it_is_at_another_pharmacy_as_if_it_never_was(self) -> None:
        handover = signed_by(self.karim, WORD)
        hugo = self.hugo()

        self.assertEqual(hugo.get(page("handover_kept", handover.pk)).status_code, 404)
        self.assertEqual(self.take(hugo, handover).status_code, 404)
        self.assertNotContains(hugo.get(PAGE), WORD)


class TwoAtOnce(CommittingInboxTestCase):
    def test_two_who_sign_in_the_same_moment_make_one_handover(self) -> None:
        outcomes: list[str] = []
        ready = Barrier(2)

        def leave(user: User) -> None:
            connection.set_tenant(self.soleil)
            now = timezone.now()
            shown = gather(user, now=now).mark
            ready.wait(timeout=20)
            try:
                sign(by=user, word="", shown=shown, waiting=None, now=now)
                outcomes.append("signed")
            except AnotherWaits:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [Thread(target=leave, args=(user,)) for user in (self.karim, self.claire)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(sorted(outcomes), ["refused", "signed"])
        self.assertEqual(counts(self.nadia.pk)[CounterKind.HANDOVER], 1)
        countersign(Handover.objects.get().pk, by=self.nadia, now=timezone.now())
        self.assertEqual(counts(self.nadia.pk)[CounterKind.HANDOVER], 0)
