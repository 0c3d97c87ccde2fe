"""Tests that what could not be read is shown with its reason, read again, or set aside by a pharmacist."""

from __future__ import annotations

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.inbound.models import TOO_BIG, RawMessage, RawState
from tests.web.inbox_case import InboxTestCase, page

BROKEN = b"\x00\x01\x02 rien de lisible"


class Quarantine(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.receive(BROKEN)
        self.raw = RawMessage.objects.get()
        self.as_claire = self.browser(self.claire)

    def test_it_is_listed_with_its_reason_and_none_of_its_words(self) -> None:
        response = self.as_karim.get(page("inbox_view", "quarantaine"))

        self.assertContains(response, "n’a pas la forme d’un message")
        self.assertNotContains(response, "rien de lisible")

    def test_opening_it_is_in_the_journal(self) -> None:
        response = self.as_karim.get(page("quarantined", self.raw.pk))

        self.assertContains(response, "Rien n’est perdu")
        self.assertEqual(Entry.objects.get(event=Event.QUARANTINE_OPEN).actor, self.karim.pk)

    def test_only_a_pharmacist_may_keep_it_or_set_it_aside(self) -> None:
        karims = self.as_karim.get(page("quarantined", self.raw.pk))
        claires = self.as_claire.get(page("quarantined", self.raw.pk))

        for words in ("Télécharger l’original", "Écarter de la liste"):
            self.assertNotContains(karims, words)
            self.assertContains(claires, words)
        self.assertEqual(self.as_karim.post(page("quarantine_dismiss", self.raw.pk)).status_code, 404)

    def test_setting_it_aside_takes_it_off_the_list(self) -> None:
        response = self.as_claire.post(page("quarantine_dismiss", self.raw.pk), follow=True)

        self.assertContains(response, "La quarantaine est vide")
        self.assertEqual(RawMessage.objects.get().state, RawState.DISMISSED)

    def test_anybody_may_have_it_read_again(self) -> None:
        self.as_karim.post(page("quarantine_replay", self.raw.pk))

        self.assertEqual(RawMessage.objects.get().state, RawState.STORED)

    def test_what_stayed_at_the_operator_is_neither_kept_nor_read_again(self) -> None:
        RawMessage.objects.update(reason=TOO_BIG)

        response = self.as_claire.get(page("quarantined", self.raw.pk))

        self.assertContains(response, "webmail de votre opérateur")
        self.assertNotContains(response, "Télécharger l’original")
        self.as_claire.post(page("quarantine_replay", self.raw.pk))
        self.assertEqual(RawMessage.objects.get().state, RawState.QUARANTINED)
