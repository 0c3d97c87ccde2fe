"""Tests that screens are told after the commit, once, and by ids alone."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, transaction

from portal.conversations.actions import assign, mark_opened
from portal.conversations.models import Conversation
from portal.conversations.notes import add_note
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage
from portal.inbound.process import process_stored
from portal.lib.ids import uuid7
from portal.lib.live import tell
from portal.lib.told import CHANNEL, Kind, Told, read
from portal.team import login
from tests.base import CommittingPharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxMixin


class Telling(InboxMixin, CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        self.ear = self.enterContext(psycopg.connect(urlunsplit(url), autocommit=True))
        self.ear.execute(f"LISTEN {CHANNEL}")

    def heard(self) -> list[Told]:
        return [read(note.payload) for note in self.ear.notifies(timeout=0.2)]

    def test_a_mail_that_came_in_is_told_with_its_conversation_and_no_word_of_it(self) -> None:
        keep(self.box, letter("Léa Durand <lea@patient.mssante.fr>", "Mon sirop"))
        RawMessage.objects.update(uid=1, uidvalidity=1)  # fetched, not brought along
        process_stored()
        conversation = Conversation.objects.get()
        told = self.heard()
        self.assertEqual({each.kind for each in told if each.id}, {Kind.CONVERSATION, Kind.MAIL})
        self.assertEqual({each.id for each in told if each.id}, {conversation.pk})
        self.assertEqual({each.mailbox for each in told}, {self.box.pk})
        self.assertEqual({each.pharmacy for each in told}, {self.soleil.id})
        self.assertNotIn("sirop", "".join(each.written() for each in told))

    def test_what_the_team_does_is_told_once_for_each_act(self) -> None:
        conversation = self.received()
        self.heard()
        changed = Told(self.soleil.id, Kind.CONVERSATION, conversation.pk, mailbox=self.box.pk)
        for act in (
            lambda: mark_opened(conversation, by=self.karim),
            lambda: assign(conversation, to=self.karim, by=self.karim, version=conversation.version),
            lambda: add_note(conversation, note_id=uuid7(), text="Rappeler", by=self.karim),
        ):
            act()
            self.assertEqual(self.heard(), [changed])

    def test_what_is_taken_back_was_never_told(self) -> None:
        conversation = self.received()
        self.heard()
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            tell(Kind.CONVERSATION, conversation.pk, mailbox=self.box.pk)
            raise ZeroDivisionError
        self.assertEqual(self.heard(), [])

    def test_who_locks_the_screen_or_signs_out_is_told_of_as_a_person(self) -> None:
        browser = self.browser(self.karim)
        for act in (login.lock, login.end):
            act(browser.session, self.karim)
            self.assertEqual(self.heard(), [Told(self.soleil.id, Kind.SESSION, person=self.karim.pk)])
