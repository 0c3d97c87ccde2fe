"""Seal a long run of bytes in chunks that cannot be cut, swapped or continued (the STREAM construction)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.vault.keys import Keyring, Unopenable

CHUNK_BYTES = 256 * 1024
TAG_BYTES = 16
HEAD = struct.Struct(">BBH16s")  # format, packing, version of the data key, blob id
NONCE = struct.Struct(">7xIB")  # number of the chunk, whether it is the last; the key serves this blob alone
FORMAT = 1
AS_IS, ZSTD = 0, 1


def seal_chunks(data: bytes, *, keyring: Keyring, context: bytes) -> Iterator[bytes]:
    """The sealed form of `data`, piece by piece; compressed where that saves something."""
    smaller = zstandard.ZstdCompressor().compress(data)
    packing, packed = (ZSTD, smaller) if len(smaller) < len(data) else (AS_IS, data)
    blob_id = os.urandom(16)
    head = HEAD.pack(FORMAT, packing, keyring.current, blob_id)
    yield head
    cipher = keyring.blob_cipher(keyring.current, blob_id)
    bound = keyring.pharmacy_id.bytes + head + context
    view = memoryview(packed)
    last = max(0, len(packed) - 1) // CHUNK_BYTES
    for number in range(last + 1):
        piece = view[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        yield cipher.encrypt(NONCE.pack(number, number == last), piece, bound)


def open_chunks(source: BinaryIO, *, keyring: Keyring, context: bytes) -> bytes:
    """Undo `seal_chunks`, holding one chunk more than the result.

    Raises:
        Unopenable: altered, cut short, continued, or sealed for another place.
    """
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        raise Unopenable
    form, packing, version, blob_id = HEAD.unpack(head)
    if form != FORMAT or packing not in {AS_IS, ZSTD}:
        raise Unopenable
    cipher = keyring.blob_cipher(version, blob_id)
    bound = keyring.pharmacy_id.bytes + head + context
    unpacked = BytesIO()
    unpack = zstandard.ZstdDecompressor().decompressobj().decompress if packing == ZSTD else bytes
    for piece in _pieces(source, cipher, bound):
        unpacked.write(unpack(piece))
    return unpacked.getvalue()


def _pieces(source: BinaryIO, cipher: AESGCM, bound: bytes) -> Iterator[bytes]:
    number, sealed = 0, source.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = source.read(CHUNK_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(NONCE.pack(number, not following), sealed, bound)
        except (InvalidTag, ValueError) as error:
            raise Unopenable from error
        if not following:
            return
        number, sealed = number + 1, following
