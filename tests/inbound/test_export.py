"""Tests of `manage.py export_conversation`: the bytes as they came and left, what was done, and a trace of it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management import CommandError, call_command
from django.db import connection

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.models import Conversation
from portal.conversations.notes import add_note
from portal.inbound.importing import keep
from portal.inbound.models import RawMessage
from portal.inbound.process import process_stored
from portal.outbound.actions import queue
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.models import Delivery
from tenants.context import leave
from tests.base import PharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box


class Export(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()), "export.zip")
        self.raw = letter()
        keep(open_box(), self.raw)
        process_stored()
        self.conversation = Conversation.objects.get()
        add_note(self.conversation, note_id=uuid4(), text="Rupture.", by=self.karim)
        draft = start_reply(self.conversation, by=self.claire)
        draft = save_draft(
            draft,
            by=self.claire,
            version=draft.version,
            recipients=draft.recipients,
            subject=draft.subject,
            text="Prêt.",
        )
        queue(draft, by=self.claire, idempotency_key=uuid4(), version=self.conversation.version)

    def export(self, conversation: object = None, schema: str = "") -> str:
        out = StringIO()
        leave()
        try:
            call_command(
                "export_conversation",
                str(conversation or self.conversation.pk),
                f"--pharmacy={schema or self.soleil.schema_name}",
                f"--to={self.path}",
                stdout=out,
            )
        finally:
            connection.set_tenant(self.soleil)
        return out.getvalue()

    def trace(self) -> dict[str, Any]:
        with zipfile.ZipFile(self.path) as archive:
            return dict(json.loads(archive.read("trace.json")))

    def test_mails_are_in_it_byte_for_byte(self) -> None:
        self.assertIn("2 message(s)", self.export())

        with zipfile.ZipFile(self.path) as archive:
            self.assertEqual(archive.namelist(), ["0001-recu.eml", "0003-envoye.eml", "trace.json"])
            self.assertEqual(archive.read("0001-recu.eml"), self.raw)
            self.assertEqual(archive.read("0003-envoye.eml"), Delivery.objects.get().read_blob())

    def test_the_trace_says_who_did_what(self) -> None:
        self.export()

        received, note, sent = self.trace()["messages"]
        self.assertEqual((note["author"], note["note"]), (self.karim.display_name, "Rupture."))
        self.assertEqual(
            (sent["author"], sent["deliveries"][0]["state"]), (self.claire.display_name, "queued")
        )
        self.assertEqual(received["file"], "0001-recu.eml")

    def test_what_the_store_lost_is_said(self) -> None:
        RawMessage.objects.update(message=None)

        self.assertIn("1 message(s)", self.export())
        self.assertEqual(self.trace()["messages"][0]["missing"], "NoOriginal")

    def test_it_is_in_the_journal_and_for_its_owner_alone(self) -> None:
        self.export()

        self.assertEqual(Entry.objects.get(event=Event.CONVERSATION_EXPORT).object_id, self.conversation.pk)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_a_file_that_is_there_is_not_overwritten(self) -> None:
        self.path.write_bytes(b"autre chose")

        with self.assertRaises(CommandError):
            self.export()
        self.assertEqual(self.path.read_bytes(), b"autre chose")

    def test_a_conversation_of_another_pharmacy_is_unknown(self) -> None:
        with self.assertRaises(CommandError):
            self.export(schema=self.gare.schema_name)
        self.assertFalse(self.path.exists())
