"""A certificate authority of our own, made when first needed, that stands in for IGC-Santé."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.disk import write_safely

VALID = timedelta(days=365)
SERVER_NAMES = ("localhost", "operateur.localhost")
SERVER_ADDRESSES = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    @property
    def both(self) -> bytes:
        """Certificate and key in one file, as Python and Postfix take them."""
        return self.certificate + self.key


class Authority:
    """Issues and revokes certificates; `folder` keeps its key, what it issued, and its revocation list."""

    def __init__(self, folder: Path, *, name: str = "AC du bac à sable") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        if not (folder / "ca.key").exists():
            self._create(name)
        self._key = _load_key((folder / "ca.key").read_bytes())
        self._certificate = x509.load_pem_x509_certificate(self.trust)

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def trust(self) -> bytes:
        """The authority's certificate, PEM: what a client or server must trust, and nothing else."""
        return (self._folder / "ca.pem").read_bytes()

    @property
    def crl(self) -> bytes:
        """The current revocation list, PEM."""
        return (self._folder / "crl.pem").read_bytes()

    def root(self) -> KeyPair:
        """The authority itself, as a certificate that no server should show."""
        return KeyPair(self.trust, (self._folder / "ca.key").read_bytes())

    def server(
        self,
        names: tuple[str, ...] = SERVER_NAMES,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> KeyPair:
        """A server's certificate for `names`; with localhost, for the loopback addresses too."""
        entries: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        if "localhost" in names:
            entries += [x509.IPAddress(ipaddress.ip_address(address)) for address in SERVER_ADDRESSES]
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        return self._issue(names[0], x509.SubjectAlternativeName(entries), usage, start=start, end=end)

    def client(self, mailbox: str, *, start: datetime | None = None, end: datetime | None = None) -> KeyPair:
        """An organisation's client certificate whose common name is the address of its mailbox."""
        entries = x509.SubjectAlternativeName([x509.RFC822Name(mailbox)])
        return self._issue(mailbox, entries, ExtendedKeyUsageOID.CLIENT_AUTH, start=start, end=end)

    def keep(self, name: str, make: Callable[[], KeyPair]) -> KeyPair:
        """The pair stored as `name`; made and stored the first time."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        if not certificate.exists():
            pair = make()
            write_safely(key, pair.key)
            write_safely(certificate, pair.certificate)
        return KeyPair(certificate.read_bytes(), key.read_bytes())

    def revoke(self, pair: KeyPair) -> None:
        """Put `pair` on the revocation list."""
        known = [revoked.serial_number for revoked in x509.load_pem_x509_crl(self.crl)]
        known.append(x509.load_pem_x509_certificate(pair.certificate).serial_number)
        self._publish(known)

    def _create(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._key = key
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        self._certificate = (
            _builder(subject, subject, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        write_safely(self._folder / "ca.pem", self._certificate.public_bytes(serialization.Encoding.PEM))
        self._publish([])
        write_safely(self._folder / "ca.key", _key_bytes(key))

    def _issue(
        self,
        name: str,
        entries: x509.SubjectAlternativeName,
        usage: x509.ObjectIdentifier,
        *,
        start: datetime | None,
        end: datetime | None,
    ) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(subject, self._certificate.subject, key, start=start, end=end)
            .add_extension(entries, critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), _key_bytes(key))

    def _publish(self, serials: list[int]) -> None:
        now = _now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now - timedelta(hours=1))
            .next_update(now + VALID)
        )
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(revoked)
        crl = builder.sign(self._key, hashes.SHA256())
        write_safely(self._folder / "crl.pem", crl.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start or _now() - timedelta(hours=1))
        .not_valid_after(end or _now() + VALID)
        .add_extension(identifier, critical=False)
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not an elliptic curve key")
    return key
