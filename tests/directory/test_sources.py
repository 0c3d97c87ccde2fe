"""A day's file is downloaded from whom one believes, over HTTPS, and from nobody else."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from django.core.management import CommandError, call_command
from django.test import override_settings

from portal.directory.models import Entry, TrustedDomain
from sandbox.authority import Authority
from tests.base import CommittingPharmacyTestCase
from tests.directory.files import day, zipped


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        """Nothing: the test looks at what came of it."""


@contextmanager
def publisher(folder: Path, authority: Authority) -> Iterator[str]:
    """A server of these files; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    (folder / "server.pem").write_bytes(authority.server().both)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class Downloading(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.authority = Authority(folder / "pki")
        (folder / "Extraction_202611270812.zip").write_bytes(zipped(day()))
        (folder / "liste.txt").write_text("medecin.mssante.fr\n")
        self.url = self.enterContext(publisher(folder, self.authority))
        self.believed = str(folder / "pki" / "ca.pem")

    def test_both_files_come_from_where_the_settings_say(self) -> None:
        with override_settings(
            REFERENCE_CA=self.believed,
            DIRECTORY_SOURCE=f"{self.url}/Extraction_202611270812.zip",
            WHITELIST_SOURCE=f"{self.url}/liste.txt",
        ):
            call_command("load_directory", verbosity=0)
            call_command("load_whitelist", verbosity=0)

        self.assertEqual((Entry.objects.count(), TrustedDomain.objects.count()), (4, 1))

    def test_an_authority_that_is_not_believed_an_absent_file_and_a_huge_one_are_refused(self) -> None:
        with self.assertRaisesRegex(CommandError, "téléchargement a échoué.*CERTIFICATE"):
            call_command("load_directory", f"{self.url}/Extraction_202611270812.zip", verbosity=0)
        with override_settings(REFERENCE_CA=self.believed):
            with self.assertRaisesRegex(CommandError, "téléchargement a échoué"):
                call_command("load_directory", f"{self.url}/absent.zip", verbosity=0)
            with (
                self.assertRaisesRegex(CommandError, "trop gros"),
                override_settings(DIRECTORY_MAX_BYTES=100),
            ):
                call_command("load_directory", f"{self.url}/Extraction_202611270812.zip", verbosity=0)
        self.assertFalse(Entry.objects.exists())
