"""Read the files that an operator or the ANS hands out: certificate and key, authorities, revocation lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

LARGEST = 256 * 1024  # a chain of ten certificates is 20 KB, a national revocation list 100 KB
PEM = b"-----BEGIN "
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


class Why(StrEnum):
    """Why a file is no good."""

    TOO_BIG = "too-big"
    NO_CERTIFICATE = "no-certificate"
    NO_KEY = "no-key"
    NO_LIST = "no-list"
    LOCKED = "locked"
    OTHER_KEY = "other-key"
    EXPIRED = "expired"


class BadFile(Exception):
    """The file cannot be used; `when` is the date that goes with an expired certificate."""

    def __init__(self, why: Why, *, when: date | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.when = when


@dataclass(frozen=True)
class Identity:
    """Our certificate, leaf first, and its key, both PEM; the key is open: seal it at once."""

    certificate: str
    key: str = field(repr=False)


def read_identity(file: bytes, key_file: bytes = b"", *, passphrase: str = "") -> Identity:
    """From PEM (certificate and key in one file or two) or PKCS#12. Raises BadFile."""
    _refuse_large(file, key_file)
    secret = passphrase.encode() or None
    key, certificates = _from_pem(file, key_file, secret) if PEM in file else _from_pkcs12(file, secret)
    leaf = next((each for each in certificates if _fits(each, key)), None)
    if leaf is None:
        raise BadFile(Why.OTHER_KEY)
    if leaf.not_valid_after_utc <= datetime.now(UTC):
        raise BadFile(Why.EXPIRED, when=leaf.not_valid_after_utc.date())
    chain = [leaf, *(each for each in certificates if each != leaf)]
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(_pem(chain), plain.decode("ascii"))


def read_authorities(file: bytes) -> str:
    """The authorities to trust, as PEM, from PEM, DER or PKCS#7 (.p7b). Raises BadFile."""
    _refuse_large(file)
    ways: tuple[Callable[[bytes], Sequence[x509.Certificate]], ...] = (
        x509.load_pem_x509_certificates,
        pkcs7.load_pem_pkcs7_certificates,
        pkcs7.load_der_pkcs7_certificates,
        lambda der: [x509.load_der_x509_certificate(der)],
    )
    for read in ways:
        try:
            found = read(file)
        except UNREADABLE:
            continue
        if found:
            return _pem(found)
    raise BadFile(Why.NO_CERTIFICATE)


def read_revocations(file: bytes) -> str:
    """One revocation list or several, as PEM, from PEM or DER. Raises BadFile."""
    _refuse_large(file)
    try:
        if PEM in file:
            end = b"-----END X509 CRL-----"
            lists = [x509.load_pem_x509_crl(block + end) for block in file.split(end)[:-1]]
        else:
            lists = [x509.load_der_x509_crl(file)]
    except UNREADABLE as error:
        raise BadFile(Why.NO_LIST) from error
    if not lists:
        raise BadFile(Why.NO_LIST)
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in lists)


def _from_pem(
    file: bytes, key_file: bytes, secret: bytes | None
) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    try:
        certificates = x509.load_pem_x509_certificates(file)
    except UNREADABLE as error:
        raise BadFile(Why.NO_CERTIFICATE) from error
    source = key_file or file
    if b"PRIVATE KEY-----" not in source:
        raise BadFile(Why.NO_KEY)
    encrypted = b"ENCRYPTED" in source
    try:
        key = serialization.load_pem_private_key(_key_block(source), secret if encrypted else None)
    except UNREADABLE as error:
        raise BadFile(Why.LOCKED if encrypted else Why.NO_KEY) from error
    return key, certificates


def _key_block(source: bytes) -> bytes:
    """The first private key of the file: cryptography reads the first PEM block, whatever it is."""
    marker = source.index(b"PRIVATE KEY-----")
    return source[source.rindex(PEM, 0, marker) :]


def _from_pkcs12(file: bytes, secret: bytes | None) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    try:
        key, leaf, others = pkcs12.load_key_and_certificates(file, secret)
    except UNREADABLE as error:
        # A PKCS#12 file and a wrong passphrase cannot be told apart from a broken one; DER begins with a sequence.
        raise BadFile(Why.LOCKED if file[:1] == b"\x30" else Why.NO_CERTIFICATE) from error
    if key is None:
        raise BadFile(Why.NO_KEY)
    if leaf is None:
        raise BadFile(Why.NO_CERTIFICATE)
    return key, [leaf, *others]


def _fits(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        theirs = certificate.public_key()
    except UNREADABLE:  # of a kind that nobody here knows, so not that of a key which was read
        return False
    return theirs.public_bytes(*form) == key.public_key().public_bytes(*form)


def _pem(certificates: Sequence[x509.Certificate]) -> str:
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in certificates)


def _refuse_large(*files: bytes) -> None:
    if any(len(file) > LARGEST for file in files):
        raise BadFile(Why.TOO_BIG)
