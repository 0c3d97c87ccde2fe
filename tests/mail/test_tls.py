"""The context of a mailbox: what is loaded, what is refused, what is left on the disk."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from unittest import TestCase
from unittest.mock import patch

from cryptography.hazmat.primitives import serialization

from portal.mail import tls
from portal.mail.faults import Code, MailboxFault
from portal.mail.tls import client_context
from sandbox.authority import KeyPair
from tests.servers.scripted import temporary_authority


def seal(pair: KeyPair, passphrase: bytes) -> bytes:
    key = serialization.load_pem_private_key(pair.key, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )


class ContextTests(TestCase):
    def setUp(self) -> None:
        self.authority = temporary_authority()
        self.pair = self.authority.client("pharmacie@officine-test.mssante.fr")

    def test_only_the_given_authority_is_trusted(self) -> None:
        context = client_context(self.authority.trust)

        self.assertEqual(len(context.get_ca_certs()), 1)
        self.assertEqual(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        self.assertTrue(context.check_hostname)
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)

    def test_only_forward_secret_authenticated_ciphers_are_offered(self) -> None:
        ciphers = client_context(self.authority.trust).get_ciphers()

        weak = [c["name"] for c in ciphers if "1.3" not in c["protocol"] and "ECDHE" not in c["name"]]
        self.assertEqual(weak, [])
        self.assertTrue(all(cipher["aead"] for cipher in ciphers))

    def test_a_sealed_key_opens_with_its_passphrase(self) -> None:
        sealed = seal(self.pair, b"correct horse")

        client_context(
            self.authority.trust, certificate=self.pair.certificate, key=sealed, passphrase=b"correct horse"
        )

    def test_a_missing_or_wrong_passphrase_is_named_and_never_asked_on_the_terminal(self) -> None:
        sealed = seal(self.pair, b"correct horse")
        for passphrase in (None, b"wrong"):
            self.assertRefused(
                Code.SETTINGS_CERTIFICATE,
                lambda given=passphrase: client_context(
                    self.authority.trust, certificate=self.pair.certificate, key=sealed, passphrase=given
                ),
            )

    def test_a_key_of_another_certificate_is_named(self) -> None:
        other = self.authority.client("autre@officine-test.mssante.fr")

        self.assertRefused(
            Code.SETTINGS_CERTIFICATE,
            lambda: client_context(self.authority.trust, certificate=self.pair.certificate, key=other.key),
        )

    def test_an_unreadable_bundle_or_crl_is_named(self) -> None:
        for trust, crl in ((b"", None), (b"\xff\x00", None), (self.authority.trust, b"not a list")):
            self.assertRefused(Code.SETTINGS_TRUST, lambda t=trust, c=crl: client_context(t, crl=c))

    def test_the_key_is_written_for_us_only_and_gone_at_once(self) -> None:
        seen: list[int] = []

        def remember(path: str, *rest: object, **options: object) -> None:
            seen.append(Path(path).stat().st_mode & 0o777)
            self.path = path

        with patch.object(ssl.SSLContext, "load_cert_chain", side_effect=remember):
            client_context(self.authority.trust, certificate=self.pair.certificate, key=self.pair.key)

        self.assertEqual(seen, [0o600])
        self.assertFalse(Path(self.path).exists())
        if tls.TMPFS.is_dir():
            self.assertEqual(Path(self.path).parent, tls.TMPFS)

    def assertRefused(self, code: Code, make: Callable[[], object]) -> None:  # noqa: N802
        with self.assertRaises(MailboxFault) as caught:
            make()
        self.assertEqual(caught.exception.code, code)
