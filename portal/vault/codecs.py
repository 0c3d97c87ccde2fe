"""Turn values into the bytes that are sealed, and back; long ones are compressed first."""

from __future__ import annotations

import json
import threading
from typing import Any

import zstandard

PLAIN, ZSTD = b"\0", b"\1"
WORTH_COMPRESSING = 200


class _Zstd(threading.local):
    """A compressor may serve one thread at a time only."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor()
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def pack(plain: bytes) -> bytes:
    """One byte that says how, then the bytes, compressed when that makes them fewer."""
    if len(plain) > WORTH_COMPRESSING:
        smaller = _zstd.compressor.compress(plain)
        if len(smaller) < len(plain):
            return ZSTD + smaller
    return PLAIN + plain


def unpack(packed: bytes) -> bytes:
    """Undo `pack`. The bytes come out of a seal, so they are ours: no bomb to fear."""
    if packed[:1] == ZSTD:
        return _zstd.decompressor.decompress(packed[1:])
    return packed[1:]


def encode_text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a sealed text must be a str")
    return value.encode()


def decode_text(plain: bytes) -> str:
    return plain.decode()


def encode_bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("sealed bytes must be bytes")
    return value


def decode_bytes(plain: bytes) -> bytes:
    return plain


def encode_json(value: Any) -> bytes:
    if not isinstance(value, dict | list):
        raise TypeError("a sealed JSON value must be a dict or a list")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def decode_json(plain: bytes) -> Any:
    return json.loads(plain)
