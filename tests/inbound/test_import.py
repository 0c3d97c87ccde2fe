"""Tests of `manage.py import_mail`: every file has its answer, and only lost bytes make it fail."""

from __future__ import annotations

import os
import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from portal.conversations.models import Message
from portal.inbound.models import RawMessage, RawState
from portal.mailboxes.models import MailboxKind
from tenants.context import leave
from tests.base import PharmacyTestCase
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box

OTHER = "une-autre@officine-test.mssante.fr"


class ImportMail(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def run_import(self, *paths: Path, **options: str) -> tuple[list[str], str]:
        """What was said of each file, and why it failed if it did."""
        out, failure = StringIO(), ""
        arguments = [f"--{name}={value}" for name, value in options.items()]
        leave()
        try:
            call_command(
                "import_mail",
                f"--pharmacy={self.soleil.schema_name}",
                *arguments,
                *map(str, paths),
                stdout=out,
                stderr=out,
            )
        except CommandError as error:
            failure = str(error)
        finally:
            connection.set_tenant(self.soleil)
        return [line.partition(" : ")[2] for line in out.getvalue().splitlines()], failure

    def test_an_mbox_is_taken_apart_and_its_quoted_lines_are_as_they_were(self) -> None:
        open_box()
        body = "Bonjour,\n\nFrom time to time.\n>From afar."
        quoted = body.replace(">From", ">>From").replace("From time", ">From time")
        one, two = (letter(subject=name, text=quoted).replace(b"\r\n", b"\n") for name in ("Un", "Deux"))
        separator = b"From lea@patient.example Mon Nov 16 09:12:00 2026\n"
        path = self.put("archive.mbox", separator + one + b"\n" + separator + two + b"\n")

        self.assertEqual(self.run_import(path), (["classé", "classé"], ""))

        texts = list(Message.objects.filter(kind="in"))
        self.assertEqual([message.text.strip() for message in texts], [body, body])
        self.assertEqual(self.run_import(path), (["déjà là", "déjà là"], ""))

    def test_a_message_of_an_mbox_that_is_too_big_does_not_hold_up_the_next(self) -> None:
        open_box()
        small = letter(subject="Petit").replace(b"\r\n", b"\n")
        big = letter(text="x" * 20_000).replace(b"\r\n", b"\n")
        path = self.put("archive", b"From a\n" + big + b"\nFrom b\n" + small)

        with override_settings(MAX_FETCH_BYTES=10_000):
            said, failure = self.run_import(path)

        self.assertEqual(sorted(said), ["classé", "trop volumineux"])
        self.assertEqual(failure, "1 message(s) non gardé(s).")

    def test_a_maildir_is_read_but_for_what_is_being_delivered(self) -> None:
        open_box()
        for name in ("cur/1.a:2,S", "new/2.b", "tmp/3.c"):
            self.put(name, letter(subject=name))

        self.assertEqual(self.run_import(self.folder), (["classé", "classé"], ""))

    def test_files_and_folders_are_filed_dated_as_they_say(self) -> None:
        open_box()
        one = self.put("un.eml", letter(subject="Un"))
        self.put("dossier/deux.EML", letter(subject="Deux"))
        self.put("dossier/notes.txt", b"pas un message")

        said, failure = self.run_import(one, self.folder / "dossier")

        self.assertEqual((said, failure), (["classé", "classé"], ""))
        self.assertEqual(
            {message.at.isoformat() for message in Message.objects.all()}, {"2026-11-16T08:12:00+00:00"}
        )

    def test_the_same_file_again_is_already_there(self) -> None:
        open_box()
        path = self.put("un.eml", letter())
        self.run_import(path)

        self.assertEqual(self.run_import(path), (["déjà là"], ""))
        self.assertEqual(Message.objects.count(), 1)

    def test_what_cannot_be_read_is_kept_in_quarantine_and_is_no_failure(self) -> None:
        open_box()

        said, failure = self.run_import(
            self.put("bruit.eml", bytes(range(256)) * 9), self.put("bon.eml", letter())
        )

        self.assertEqual(said, ["quarantaine. Le fichier reçu n’a pas la forme d’un message.", "classé"])
        self.assertEqual(failure, "")
        self.assertEqual(RawMessage.objects.filter(state=RawState.QUARANTINED).count(), 1)

    def test_a_file_that_is_not_there_fails_and_the_others_are_filed(self) -> None:
        open_box()

        said, failure = self.run_import(self.folder / "absent.eml", self.put("bon.eml", letter()))

        self.assertEqual(said, ["illisible sur le disque", "classé"])
        self.assertIn("1 message(s) non gardé(s)", failure)

    @override_settings(MAX_FETCH_BYTES=1000)
    def test_a_file_too_large_fails(self) -> None:
        open_box()

        said, failure = self.run_import(self.put("gros.eml", letter(text="mot " * 1000)))

        self.assertEqual(said, ["trop volumineux"])
        self.assertTrue(failure)

    @override_settings(BLOB_ROOT=Path(os.devnull) / "nowhere")
    def test_a_store_that_cannot_be_written_fails(self) -> None:
        open_box()
        noise = os.urandom(200_000).hex()

        said, failure = self.run_import(self.put("grand.eml", letter(text=noise)))

        self.assertEqual((len(said), bool(failure)), (1, True))
        self.assertEqual(RawMessage.objects.count(), 0)

    def test_the_mailbox_is_named_where_there_are_several(self) -> None:
        path = self.put("un.eml", letter())
        self.assertIn("n’a pas de BAL", self.run_import(path)[1])
        open_box()
        open_box("claire@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        self.assertEqual(self.run_import(path)[1], "")
        other = open_box(OTHER)
        self.assertIn("indiquez --mailbox", self.run_import(path)[1])

        self.assertEqual(self.run_import(path, mailbox=OTHER), (["classé"], ""))
        self.assertEqual(RawMessage.objects.filter(mailbox=other).count(), 1)
