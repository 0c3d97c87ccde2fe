"""Turn the bytes of a mail into text, whatever its sender says they are."""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterable
from encodings import normalize_encoding
from encodings.aliases import aliases
from itertools import groupby
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from portal.lib.text import one_line, storable

HEADER_LIMIT = 4000

_WESTERN = {"ascii", "iso8859-1", "iso8859-15", "cp1252"}
_SEVEN_BIT = ("utf-7", "utf-16", "utf-32", "iso2022", "hz")  # plain ASCII bytes do not mean ASCII text there
_REFUSED = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
_ALIASES = {
    "unicode-1-1-utf-7": "utf-7",
    "utf-8mb4": "utf-8",
    "ansi": "cp1252",
    "windows1252": "cp1252",
    "cp-1252": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "ks_c_5601-1987": "cp949",
    "x-mac-roman": "mac-roman",
}
_KNOWN = {*aliases, *aliases.values(), "utf_8_sig", "koi8_u", "cp720", "cp874", "cp1006"} - _REFUSED
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

# RFC 2047, read as it is written in the wild: spaces inside, no end to the length.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^=]|=(?!\?[^=])){0,4000}?)\?=")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


class Decoded(NamedTuple):
    """Text, and whether its character set had to be guessed."""

    text: str
    guessed: bool


def decode(raw: bytes, charset: str | None) -> Decoded:
    """Text of `raw`, said to be in `charset`. Never fails: what the label cannot read is guessed."""
    name = _codec(charset)
    if raw.isascii() and not (name or "").startswith(_SEVEN_BIT):
        return Decoded(storable(raw.decode("ascii")), guessed=False)
    if name is None:
        return Decoded(storable(_guess(raw)), guessed=True)
    if name in _WESTERN and _is_utf8(raw):
        return Decoded(storable(raw.decode()), guessed=True)  # chance does not write valid UTF-8
    try:
        return Decoded(
            storable(raw.decode("cp1252" if name in {"ascii", "iso8859-1"} else name)), guessed=False
        )
    except (UnicodeError, LookupError):
        return Decoded(storable(_guess(raw)), guessed=True)


def decode_header(raw: bytes) -> str:
    """One line of text from a header value with its encoded words (RFC 2047), broken ones included."""
    text = _FOLD.sub(" ", decode(raw, "utf-8").text)
    return one_line(_decode_words(text) if "=?" in text else text, HEADER_LIMIT)


def decode_extended(raw: bytes) -> str:
    """Text of an RFC 2231 value `charset'language'percent-encoded`; without the quotes, UTF-8 is assumed."""
    charset, quote, rest = raw.partition(b"'")
    _, second, value = rest.partition(b"'")
    if not (quote and second):
        charset, value = b"utf-8", raw
    return decode(unquote_to_bytes(value), charset.decode("ascii", "replace")).text


def preload() -> None:
    """Load every codec now: later, no file can be opened."""
    for name in sorted(_KNOWN):
        _codec(name)


def _codec(charset: str | None) -> str | None:
    if not charset:
        return "utf-8"
    name = charset.strip("\"' \t").lower()
    name = _ALIASES.get(name, name)
    if len(name) > 60 or normalize_encoding(name).lower() not in _KNOWN:
        return None  # never looked up: that would search the disk
    try:
        return codecs.lookup(name).name
    except LookupError:  # known, but not to this machine (mbcs)
        return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guess(raw: bytes) -> str:
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if not broken or sum(map(text.count, "éèêàùçôîâœ’€É")) > broken:
        return text  # UTF-8 with an accident, such as a cut in the middle of a letter
    return raw.decode("cp1252", "replace")


def _decode_words(text: str) -> str:
    out: list[str] = []
    for encoded, pieces in groupby(_pieces(text), key=lambda piece: piece.charset):
        if encoded is None:
            out.extend(piece.text for piece in pieces)
        else:  # words cut in the middle of a letter make sense again once joined
            out.append(decode(b"".join(piece.raw for piece in pieces), encoded).text)
    return "".join(out)


class _Piece(NamedTuple):
    charset: str | None
    text: str
    raw: bytes


def _pieces(text: str) -> Iterable[_Piece]:
    position, after_word = 0, False
    for word in _WORD.finditer(text):
        between = text[position : word.start()]
        if between and not (after_word and between.isspace()):
            yield _Piece(None, between, b"")
        charset = word[1].partition("*")[0].lower()
        yield _Piece(charset, "", _word_bytes(word[2], word[3]))
        position, after_word = word.end(), True
    if position < len(text):
        yield _Piece(None, text[position:], b"")


def _word_bytes(kind: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if kind in "qQ":
        return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)
    return base64_bytes(raw)


def base64_bytes(raw: bytes) -> bytes:
    """What base64 text holds, whatever stands between its letters and however it ends."""
    letters = raw.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
