"""Tests that odd and hostile mails, of the whole corpus, are all kept and listed, and their words are right."""

from __future__ import annotations

from django.test import override_settings

from portal.conversations.models import Conversation, Message
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage, RawState
from portal.inbound.process import process_stored
from portal.lib.confined import close_all
from tests.base import PharmacyTestCase
from tests.mail import corpus
from tests.mailboxes.boxes import open_box

READABLE = (
    "utf-8",
    "latin-9",
    "windows-1252",
    "utf-7",
    "windows-1252 called latin-1",
    "utf-8 called latin-1",
)


@override_settings(MAX_FETCH_BYTES=60 * 1024 * 1024)
class Corpus(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        self.addCleanup(close_all)

    def test_each_mail_is_filed_or_in_quarantine_for_its_own_reason(self) -> None:
        kept = {name: keep(self.box, raw) for name, raw in corpus.MAILS.items()}

        process_stored()

        rows = RawMessage.objects.defer("inline").in_bulk([raw.pk for raw in kept.values() if raw])
        expected = {
            name: (RawState.QUARANTINED, corpus.NOTHING_TO_SHOW[name])
            if name in corpus.NOTHING_TO_SHOW
            else (RawState.FILED, "")
            for name, raw in kept.items()
            if raw
        }
        found = {name: (rows[raw.pk].state, rows[raw.pk].reason) for name, raw in kept.items() if raw}
        self.assertEqual(found, expected)

    def test_french_words_come_through_every_charset(self) -> None:
        for name in READABLE:
            keep(self.box, corpus.MAILS[name])

        process_stored()

        wanted = corpus.ACCENTS.replace("’", "'")
        for message in Message.objects.all():
            self.assertEqual(message.text.strip().replace("’", "'"), wanted)
        self.assertEqual(Message.objects.count(), len(READABLE))
        self.assertEqual({c.people[0]["label"] for c in Conversation.objects.all()}, {"Léa Durand"})
