"""The files that the ANS and operators hand out are read, or refused with the reason."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import TestCase

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from portal.mail.certificates import (
    LARGEST,
    BadFile,
    Why,
    read_authorities,
    read_identity,
    read_revocations,
)
from portal.mail.tls import client_context
from sandbox.authority import KeyPair
from sandbox.people import SOLEIL
from tests.servers.scripted import temporary_authority

SECRET = "Mot de passe du fichier é"


def packed(pair: KeyPair, authority: bytes, *, secret: str = SECRET) -> bytes:
    """The pair as a PKCS#12 file, with the authority beside it."""
    key: Any = serialization.load_pem_private_key(pair.key, None)
    protection = (
        serialization.BestAvailableEncryption(secret.encode()) if secret else serialization.NoEncryption()
    )
    return pkcs12.serialize_key_and_certificates(
        b"pharmacie",
        key,
        x509.load_pem_x509_certificate(pair.certificate),
        [x509.load_pem_x509_certificate(authority)],
        protection,
    )


class Identities(TestCase):
    def setUp(self) -> None:
        self.authority = temporary_authority()
        self.pair = self.authority.client(SOLEIL)

    def assert_bad(self, why: Why, *files: bytes, passphrase: str = "") -> BadFile:
        with self.assertRaises(BadFile) as caught:
            read_identity(*files, passphrase=passphrase)
        self.assertEqual(caught.exception.why, why)
        return caught.exception

    def sealed_key(self) -> bytes:
        return serialization.load_pem_private_key(self.pair.key, None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(SECRET.encode()),
        )

    def test_every_form_opens_the_same_mailbox(self) -> None:
        for name, files, passphrase in (
            ("p12", [packed(self.pair, self.authority.trust)], SECRET),
            ("p12 without passphrase", [packed(self.pair, self.authority.trust, secret="")], ""),
            ("one PEM file", [self.pair.both], ""),
            ("key first", [self.pair.key + self.pair.certificate], ""),
            ("authority first", [self.authority.trust + self.pair.both], ""),
            ("two PEM files", [self.pair.certificate, self.pair.key], ""),
            ("a key with a passphrase", [self.pair.certificate, self.sealed_key()], SECRET),
        ):
            with self.subTest(name):
                mine = read_identity(*files, passphrase=passphrase)
                self.assertTrue(mine.certificate.startswith(self.pair.certificate.decode()))
                self.assertNotIn("ENCRYPTED", mine.key)
                client_context(
                    self.authority.trust, certificate=mine.certificate.encode(), key=mine.key.encode()
                )

    def test_a_wrong_or_missing_passphrase(self) -> None:
        for passphrase in ("", "faux"):
            self.assert_bad(Why.LOCKED, packed(self.pair, self.authority.trust), passphrase=passphrase)
            self.assert_bad(Why.LOCKED, self.pair.certificate, self.sealed_key(), passphrase=passphrase)

    def test_a_certificate_without_its_key_or_with_another(self) -> None:
        self.assert_bad(Why.NO_KEY, self.pair.certificate)
        self.assert_bad(Why.OTHER_KEY, self.pair.certificate, self.authority.client(SOLEIL).key)

    def test_a_certificate_whose_kind_of_key_nobody_knows_does_not_fit(self) -> None:
        curve = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01"
        der = x509.load_pem_x509_certificate(self.pair.certificate).public_bytes(serialization.Encoding.DER)
        odd = ssl.DER_cert_to_PEM_cert(der.replace(curve + b"\x07", curve + b"\x63")).encode()

        self.assert_bad(Why.OTHER_KEY, odd + self.pair.key)
        self.assertEqual(
            read_identity(odd + self.pair.both).certificate, self.pair.certificate.decode() + odd.decode()
        )

    def test_an_expired_one_is_refused_with_its_date(self) -> None:
        end = datetime.now(UTC) - timedelta(days=3)
        old = self.authority.client(SOLEIL, start=end - timedelta(days=30), end=end)
        self.assertEqual(self.assert_bad(Why.EXPIRED, old.both).when, end.date())

    def test_what_is_no_certificate_at_all(self) -> None:
        self.assert_bad(Why.NO_CERTIFICATE, b"%PDF-1.7 pas un certificat")
        self.assert_bad(Why.NO_CERTIFICATE, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        self.assert_bad(Why.LOCKED, b"\x30\x82" + bytes(400))
        self.assert_bad(Why.TOO_BIG, bytes(LARGEST + 1))


class Authorities(TestCase):
    def test_every_form_is_read(self) -> None:
        authority = temporary_authority()
        certificate = x509.load_pem_x509_certificate(authority.trust)
        der, pem = serialization.Encoding.DER, serialization.Encoding.PEM
        for file in (
            authority.trust,
            certificate.public_bytes(der),
            pkcs7.serialize_certificates([certificate], der),
            pkcs7.serialize_certificates([certificate], pem),
        ):
            self.assertEqual(read_authorities(file), authority.trust.decode())
        with self.assertRaises(BadFile):
            read_authorities(b"rien")

    def test_revocation_lists(self) -> None:
        authority = temporary_authority()
        der = x509.load_pem_x509_crl(authority.crl).public_bytes(serialization.Encoding.DER)
        for file in (authority.crl, der):
            self.assertEqual(read_revocations(file), authority.crl.decode())
        for bad in (b"rien", authority.trust):
            with self.assertRaises(BadFile):
                read_revocations(bad)
