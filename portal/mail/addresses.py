"""Mail addresses: read leniently, compare exactly, write strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.lib.text import visible
from portal.mail.charsets import decode, decode_header

PATIENT_DOMAIN = "patient.mssante.fr"
MOST_ADDRESSES = 500

# sex, year, month, department (2A and 2B exist), commune, order, key: the INS of mssante.md 3.1
_INS = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_OUTGOING = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})+)")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.)*\)?|<[^<>]*>?|[,;:]|[^",;:<(]+|.', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class BadAddress(ValueError):
    """An address we refuse to write to. `code`: control, not-ascii, too-long or syntax."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """Who a header names: the label is what the sender pleased to write, only the address counts."""

    label: str
    address: str

    @property
    def key(self) -> str:
        """The form under which two writings of the same address are equal."""
        return key_of(self.address)

    @property
    def domain(self) -> str:
        return domain_of(self.address)

    @property
    def misleading(self) -> bool:
        """The label shows an address, and it is another one."""
        return "@" in self.label and self.key not in self.label.translate(_ASCII_LOWER)

    def is_patient(self) -> bool:
        """A usager of Mon espace santé: that exact domain, in any case."""
        return self.domain == PATIENT_DOMAIN

    def ins_of(self) -> str | None:
        """The patient's INS number in upper case, as the address announces it; its key is not checked."""
        local = self.address.rpartition("@")[0].upper()
        return local if self.is_patient() and _INS.fullmatch(local) else None


def key_of(address: str) -> str:
    """Normal form for equality. Only A-Z are lowered: Unicode would make a K of a Kelvin sign."""
    local, at, _ = address.strip().rpartition("@")
    return f"{local.translate(_ASCII_LOWER)}{at}{domain_of(address)}"


def domain_of(address: str) -> str:
    """The domain in lower case, international labels in their ASCII form (IDNA)."""
    domain = address.strip().rpartition("@")[2].removesuffix(".")
    if domain.isascii():
        return domain.lower()
    return ".".join(_ascii_label(label) for label in domain.split("."))


def check_outgoing(address: str) -> str:
    """Return the address as it may stand in an envelope or a header (RFC 5321 4.1.2, dot-atom, ASCII).

    Raises BadAddress. The domain is lowered, the local part is left as written.
    """
    if _CONTROL.search(address):
        raise BadAddress("control")
    if not address.isascii():
        raise BadAddress("not-ascii")
    if len(address) > 254:
        raise BadAddress("too-long")
    found = _OUTGOING.fullmatch(address)
    if not found or len(found[1]) > 64:
        raise BadAddress("syntax")
    return f"{found[1]}@{found[2].lower()}"


def parse_list(raw: bytes) -> tuple[Address, ...]:
    """The addresses of a To, Cc, From… value; rubbish gives what can be made of it, never an error."""
    entries: list[Address] = []
    for tokens in _entries(decode(raw, "utf-8").text):
        address = _address(tokens)
        if address:
            entries.append(address)
        if len(entries) == MOST_ADDRESSES:
            break
    return tuple(entries)


def _entries(text: str) -> Iterator[list[str]]:
    """Split on commas and semicolons outside quotes; encoded words are still encoded, so they hide none."""
    tokens: list[str] = []
    for piece in _TOKEN.findall(text):
        if piece in {",", ";"}:
            yield tokens
            tokens = []
        elif piece == ":" and not (tokens and tokens[-1].startswith("<")):
            tokens = []  # the name of a group
        else:
            tokens.append(piece)
    yield tokens


def _address(tokens: list[str]) -> Address | None:
    angles = [token for token in tokens if token.startswith("<")]
    comments = [token for token in tokens if token.startswith("(")]
    words = [token for token in tokens if not token.startswith(("<", "("))]
    if angles:
        return _made("".join(map(_unquote, words)), angles[-1].strip("<>"))
    label = " ".join(comment.strip("()") for comment in comments)
    bare = "".join(words).strip()
    if " " in bare and "@" in bare:  # Jean Dupont jean@dupont.fr
        front, _, bare = bare.rpartition(" ")
        label = front if "@" not in front else label
    return _made(label, bare) if bare else None


def _made(label: str, address: str) -> Address | None:
    address = visible(address).replace(" ", "")[:320]
    label = visible(decode_header(label.encode("utf-8", "replace")))[:200]
    return Address(label, address) if address or label else None


def _unquote(token: str) -> str:
    return _ESCAPED.sub(r"\1", token.strip('"')) if token.startswith('"') else token


def _ascii_label(label: str) -> str:
    if label.isascii() or len(label) > 63:
        return label.lower()
    try:
        encoded = label.encode("idna").decode("ascii")
    except UnicodeError:
        return label
    # A label that becomes plain ASCII only looked like it (full-width letters): never equal to the real one.
    return encoded if encoded.startswith("xn--") else label
