"""Content-Type and Content-Disposition: a value and its parameters (RFC 2045, 2183, 2231)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from portal.mail.charsets import decode, decode_extended, decode_header

_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_SECTION = re.compile(rb"([^*]+)\*(\d{1,3})?(\*?)")
_ESCAPED = re.compile(rb'\\(["\\])')
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


@dataclass(frozen=True, slots=True)
class Value:
    """The value in lower case, its parameters decoded and as they were, whether one stood there twice."""

    value: str
    params: dict[str, str] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    repeated: bool = False

    def get(self, name: str) -> str:
        return self.params.get(name, "")


def parse_value(raw: bytes) -> Value:
    """Read `value; name=text; name*0*=…`; broken parameters are left out, nothing is raised."""
    value = raw.partition(b";")[0].strip().decode("ascii", "replace").lower()
    plain: dict[str, bytes] = {}
    sections: dict[str, dict[int, tuple[bool, bytes]]] = {}
    repeated = False
    for name_raw, text in _PARAMETER.findall(raw):
        name = name_raw.decode("ascii", "replace").lower()
        section = _SECTION.fullmatch(name_raw)
        if section:
            base = section[1].decode("ascii", "replace").lower()
            encoded = section[2] is None or bool(section[3])
            sections.setdefault(base, {}).setdefault(int(section[2] or 0), (encoded, _bare(text)))
        else:
            repeated = repeated or name in plain
            plain.setdefault(name, _bare(text))
    params = {name: decode_header(text) for name, text in plain.items()}
    params.update((name, _joined(parts)) for name, parts in sections.items())
    return Value(value, params, plain, repeated)


def parse_type(raw: bytes | None, default: str) -> Value:
    """Content-Type, or `default` where it is absent or makes no sense (RFC 2045 5.2)."""
    found = parse_value(raw) if raw else Value(default)
    if _TYPE.fullmatch(found.value):
        return found
    return Value("text/plain" if found.value == "text" else default, found.params, found.raw, found.repeated)


def _bare(text: bytes) -> bytes:
    text = text.strip()
    if text.startswith(b'"'):
        return _ESCAPED.sub(rb"\1", text[1:].removesuffix(b'"'))
    return text


def _joined(parts: dict[int, tuple[bool, bytes]]) -> str:
    """RFC 2231 3 and 4.1: sections in order; only the first one names the character set."""
    ordered = [parts[index] for index in sorted(parts)]
    if not ordered[0][0]:
        return decode(b"".join(unquote_to_bytes(t) if encoded else t for encoded, t in ordered), None).text
    head = ordered[0][1]
    rest = b"".join(text if encoded else text.replace(b"%", b"%25") for encoded, text in ordered[1:])
    return decode_extended(head + rest)
