"""What of a mail is put on the screen, as text: templates escape it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from portal.mail.parsed import ParsedMail

LONGEST_SHOWN = 100_000
CUT_NOTICE = "\n\n[…] Texte coupé : la suite est dans le message d’origine."

Kind = Literal["own", "quoted"]

_ATTRIBUTION = re.compile(
    r"\s*(?:Le\s.{4,300}\sa\sécrit|On\s.{4,300}\swrote|.{0,200}<[^<>\s]{3,200}>\s(?:a\sécrit|wrote))\s*:\s*$",
    re.DOTALL,
)
_ATTRIBUTION_START = re.compile(r"\s*(?:Le|On)\s.{4,300}")
_ORIGINAL = re.compile(
    r"\s*-{3,}\s*(?:Message\sd['’]origine|Message\sinitial|Original\sMessage|Message\stransféré)\s*-{3,}\s*$",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(r"\s*\*?(?:De|From)\*?\s?:", re.IGNORECASE)
_SENT_LINE = re.compile(r"\s*\*?(?:Envoyé|Date|Sent)(?:\sle)?\*?\s?:", re.IGNORECASE)
_RULE = re.compile(r"\s*_{10,}\s*$")


class Segment(NamedTuple):
    """A run of lines: the writer's own, or quoted from an earlier message."""

    kind: Kind
    text: str


def text_of(parsed: ParsedMail, limit: int = LONGEST_SHOWN) -> str:
    """The mail as plain text, at most about `limit` characters; says so in French when it had to cut."""
    if len(parsed.text) <= limit:
        return parsed.text
    return parsed.text[:limit].rstrip() + CUT_NOTICE


def fold_quotes(text: str) -> list[Segment]:
    """Tell own lines from quoted ones; joined again with line feeds, the segments are the text."""
    lines = text.split("\n")
    segments: list[tuple[Kind, list[str]]] = []
    for line, kind in zip(lines, _kinds(lines), strict=True):
        if segments and segments[-1][0] == kind:
            segments[-1][1].append(line)
        else:
            segments.append((kind, [line]))
    return [Segment(kind, "\n".join(run)) for kind, run in segments]


def _kinds(lines: list[str]) -> list[Kind]:
    kinds: list[Kind] = ["quoted" if line.startswith(">") else "own" for line in lines]
    for number, line in enumerate(lines):
        if kinds[number] == "own" and (_ORIGINAL.match(line) or _is_outlook_header(lines, number)):
            return kinds[:number] + ["quoted"] * (len(lines) - number)
    for number, kind in enumerate(kinds):
        if kind == "quoted" and (number == 0 or kinds[number - 1] == "own"):
            _take_attribution(lines, kinds, number)
    return kinds


def _is_outlook_header(lines: list[str], number: int) -> bool:
    """`De :` then `Envoyé :` within three lines, perhaps under a ruled line."""
    start = number + 1 if _RULE.match(lines[number]) else number
    if start >= len(lines) or not _FROM_LINE.match(lines[start]):
        return False
    return any(_SENT_LINE.match(line) for line in lines[start + 1 : start + 4])


def _take_attribution(lines: list[str], kinds: list[Kind], quote: int) -> None:
    """`Le 12 janvier, Jean a écrit :` goes with the quote below it; it may stand on two lines."""
    last = quote - 1
    while last > 0 and not lines[last].strip() and quote - last < 3:
        last -= 1
    first = last
    if last > 0 and not _ATTRIBUTION_START.match(lines[last]) and _ATTRIBUTION_START.match(lines[last - 1]):
        first = last - 1
    joined = " ".join(line.strip() for line in lines[first : last + 1])
    if last >= 0 and kinds[first] == "own" and len(joined) <= 600 and _ATTRIBUTION.match(joined):
        kinds[first:quote] = ["quoted"] * (quote - first)
