"""Open a pharmacy's keyring and the transport box: every key of the house is handed out here."""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tenants.context import current_pharmacy

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION_BYTES = 2
HEAD_BYTES = VERSION_BYTES + NONCE_BYTES
KEPT_SECONDS = 300.0
# RFC 9180: ephemeral X25519, HKDF-SHA256, AES-256-GCM.
TRANSPORT = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Unopenable(Exception):
    """Sealed bytes do not open: altered, moved from elsewhere, or sealed under a key that is gone."""


class NoPrivateKey(Exception):
    """This process holds no private transport key: it can seal credentials, not read them."""


@dataclass(frozen=True)
class Keyring:
    """The keys of one pharmacy: data keys by version, and the index key, which no rotation changes."""

    pharmacy_id: UUID
    current: int
    data_keys: dict[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    _ciphers: dict[int, AESGCM] = field(default_factory=dict, init=False, repr=False, compare=False)
    _subkeys: dict[bytes, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Key version, nonce, ciphertext; opens only in this pharmacy, with the same context."""
        nonce = os.urandom(NONCE_BYTES)
        version = self.current.to_bytes(VERSION_BYTES, "big")
        sealed = self._cipher(self.current).encrypt(nonce, plain, self.pharmacy_id.bytes + version + context)
        return version + nonce + sealed

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            Unopenable: altered, of another pharmacy, or of another context.
        """
        version, nonce = sealed[:VERSION_BYTES], sealed[VERSION_BYTES:HEAD_BYTES]
        try:
            cipher = self._cipher(int.from_bytes(version, "big"))
            return cipher.decrypt(nonce, sealed[HEAD_BYTES:], self.pharmacy_id.bytes + version + context)
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            raise Unopenable from error

    def blob_cipher(self, version: int, blob_id: bytes) -> AESGCM:
        """The cipher of one blob: its key serves once, so its chunks may be numbered instead of random.

        Raises:
            Unopenable: no such key version.
        """
        return AESGCM(_derive(self._data_key(version), b"blob", salt=blob_id))

    def index_subkey(self, purpose: bytes) -> bytes:
        """A key for one use of the index; the same for the pharmacy's whole life."""
        found = self._subkeys.get(purpose)
        if found is None:
            found = self._subkeys[purpose] = _derive(self.index_key, purpose)
        return found

    def _cipher(self, version: int) -> AESGCM:
        found = self._ciphers.get(version)
        if found is None:
            found = self._ciphers[version] = AESGCM(_derive(self._data_key(version), b"field"))
        return found

    def _data_key(self, version: int) -> bytes:
        key = self.data_keys.get(version)
        if key is None:
            raise Unopenable
        return key


_opened: dict[tuple[UUID, bytes], tuple[float, Keyring]] = {}


def current_keyring() -> Keyring:
    """The keyring of the pharmacy we are in.

    Raises:
        NoPharmacy: outside a pharmacy.
        Unopenable: no VAULT_KEYS opens it for this pharmacy.
    """
    pharmacy = current_pharmacy()
    return open_keyring(pharmacy.id, bytes(pharmacy.sealed_keyring))


def open_keyring(pharmacy_id: UUID, sealed: bytes) -> Keyring:
    """Unwrap a keyring; what was opened is kept five minutes in this process.

    Raises:
        Unopenable: no VAULT_KEYS opens it for this pharmacy.
    """
    now = time.monotonic()
    kept = _opened.get((pharmacy_id, sealed))
    if kept is not None and now < kept[0]:
        return kept[1]
    keyring = _unwrap(pharmacy_id, sealed)
    for key, (until, _) in list(_opened.items()):
        if until <= now:
            _opened.pop(key, None)
    _opened[pharmacy_id, sealed] = (now + KEPT_SECONDS, keyring)
    return keyring


def forget_keyrings() -> None:
    """Drop every keyring this process has opened."""
    _opened.clear()


def new_keyring(pharmacy_id: UUID) -> bytes:
    """A fresh keyring, wrapped. Whoever destroys every copy of it destroys this pharmacy's mail."""
    return _wrap(Keyring(pharmacy_id, 1, {1: os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES)))


def rotate_data_key(pharmacy_id: UUID, sealed: bytes) -> bytes:
    """The keyring with a new data key that seals from now on; the old ones still open.

    Raises:
        Unopenable: no VAULT_KEYS opens it for this pharmacy.
    """
    keyring = _unwrap(pharmacy_id, sealed)
    version = keyring.current + 1
    return _wrap(
        replace(keyring, current=version, data_keys={**keyring.data_keys, version: os.urandom(KEY_BYTES)})
    )


def rewrap(pharmacy_id: UUID, sealed: bytes) -> bytes:
    """The same keyring under the first of VAULT_KEYS: how the vault key is changed.

    Raises:
        Unopenable: no VAULT_KEYS opens it for this pharmacy.
    """
    return _wrap(_unwrap(pharmacy_id, sealed))


def seal_for_transport(plain: bytes, *, aad: bytes) -> bytes:
    """Seal what only the workers may read: mailbox credentials, certificates (RFC 9180, base mode)."""
    public = X25519PublicKey.from_public_bytes(settings.TRANSPORT_PUBLIC_KEYS[0])
    return TRANSPORT.encrypt(plain, public, info=aad)


def open_from_transport(sealed: bytes, *, aad: bytes) -> bytes:
    """Undo `seal_for_transport`, where a private half is.

    Raises:
        NoPrivateKey: this process has none.
        Unopenable: altered, of another `aad`, or sealed to a key that is gone.
    """
    if not settings.TRANSPORT_PRIVATE_KEYS:
        raise NoPrivateKey
    for private in settings.TRANSPORT_PRIVATE_KEYS:
        try:
            return TRANSPORT.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info=aad)
        except (InvalidTag, ValueError):
            continue
    raise Unopenable


def _wrap(keyring: Keyring) -> bytes:
    content = {
        "current": keyring.current,
        "data": {str(version): b64encode(key).decode() for version, key in keyring.data_keys.items()},
        "index": b64encode(keyring.index_key).decode(),
    }
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(content).encode()
    return nonce + AESGCM(settings.VAULT_KEYS[0]).encrypt(nonce, plain, _wrapping(keyring.pharmacy_id))


def _unwrap(pharmacy_id: UUID, sealed: bytes) -> Keyring:
    content = json.loads(_unwrapped(pharmacy_id, sealed))
    data_keys = {int(version): b64decode(key) for version, key in content["data"].items()}
    return Keyring(pharmacy_id, content["current"], data_keys, b64decode(content["index"]))


def _unwrapped(pharmacy_id: UUID, sealed: bytes) -> bytes:
    for key in settings.VAULT_KEYS:
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _wrapping(pharmacy_id))
        except (InvalidTag, ValueError):
            continue
    raise Unopenable


def _wrapping(pharmacy_id: UUID) -> bytes:
    return b"keyring\0" + pharmacy_id.bytes


def _derive(key: bytes, purpose: bytes, *, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt, b"officinal " + purpose).derive(key)
