"""What of a mail is put on the screen, as text: templates escape it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from portal.mail.parsed import ParsedMail

LONGEST_SHOWN = 100_000
CUT_NOTICE = "\n\n[…] Texte coupé : la suite est dans le message d’origine."

Kind = Literal["own", "quoted", "signature"]
LONGEST_SIGNATURE = 15  # lines: what is longer is no signature, whatever stands above it

_ATTRIBUTION = re.compile(
    r"\s*(?:Le\s.{4,300}\sa\sécrit|On\s.{4,300}\swrote|.{0,200}<[^<>\s]{3,200}>\s(?:a\sécrit|wrote))\s*:\s*$",
    re.DOTALL,
)
# One with a day and an hour, or an address, quotes what is below it though no line is marked (Yahoo, some phones).
_DATED_ATTRIBUTION = re.compile(
    r"\s*(?:Le|On)\s(?=.{0,300}(?:\d{1,2}[:h]\d{2}|<[^<>\s]+@[^<>\s]+>)).{4,300}\s(?:a\sécrit|wrote)\s*:\s*$"
)
_ATTRIBUTION_START = re.compile(r"\s*(?:Le|On)\s.{4,300}")
_ORIGINAL = re.compile(
    r"\s*-{3,}\s*(?:Message\sd['’]origine|Message\sinitial|Original\sMessage)\s*-{3,}\s*$",
    re.IGNORECASE,
)
# What somebody hands on is what he has to say: nobody here has read it.
_FORWARDED = re.compile(
    r"[\s>]*(?:-{3,}\s*(?:Message\stransféré|Forwarded\smessage)\s*-{3,}"
    r"|Début\sdu\smessage\s(?:transféré|réexpédié)\s?:|Begin\sforwarded\smessage\s?:)\s*$",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(r"\s*\*?(?:De|From)\*?\s?:", re.IGNORECASE)
_SENT_LINE = re.compile(r"\s*\*?(?:Envoyé|Date|Sent)(?:\sle)?\*?\s?:", re.IGNORECASE)
_RULE = re.compile(r"\s*_{10,}\s*$")
# Most lines of a mail begin as none of these, nor anything else that is asked below; one question tells.
_MAY_MARK = re.compile(
    r"[\s>]*(?:---|__|\*?(?:De|From)\*?\s?:|(?:Le|On|Début|Begin)\s)",
    re.IGNORECASE,
)
_DASHES = re.compile(r"--\s*$")
_HEADER_LINE = re.compile(
    r"\s*\*?(?:De|From|Envoyé|Sent|Date|À|A|To|Cc|Objet|Subject)(?:\sle)?\*?\s?:", re.IGNORECASE
)
_WORD = re.compile(r"\w{4,}")


class Segment(NamedTuple):
    """A run of lines: the writer's own, quoted from an earlier message, or the signature below `-- `."""

    kind: Kind
    text: str


class Apart(NamedTuple):
    """A text as it is read: what was written, and what may be folded away below it."""

    text: str
    quoted: str = ""
    signature: str = ""


def text_of(parsed: ParsedMail, limit: int = LONGEST_SHOWN) -> str:
    """The mail as plain text, at most about `limit` characters; says so in French when it had to cut."""
    if len(parsed.text) <= limit:
        return parsed.text
    return parsed.text[:limit].rstrip() + CUT_NOTICE


def fold_quotes(text: str) -> list[Segment]:
    """Tell own lines from the others; joined again with line feeds, the segments are the text."""
    lines = text.split("\n")
    segments: list[tuple[Kind, list[str]]] = []
    for line, kind in zip(lines, _kinds(lines), strict=True):
        if segments and segments[-1][0] == kind:
            segments[-1][1].append(line)
        else:
            segments.append((kind, [line]))
    return [Segment(kind, "\n".join(run)) for kind, run in segments]


def set_apart(text: str) -> Apart:
    """What was written, and apart from it what is quoted and the signature.

    Nothing is folded away that might be all there is to read: an answer between the quoted lines, a message handed
    on, a text that is quoted whole.
    """
    segments = fold_quotes(text)
    own = [each.text for each in segments if each.kind == "own" and each.text.strip()]
    if len(own) != 1 or len(segments) == 1:
        return Apart(text.strip())
    return Apart(own[0].strip(), _joined(segments, "quoted"), _joined(segments, "signature"))


def words_of(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def quoted_words(quoted: str) -> set[str]:
    """The words of what is quoted, without the lines that say who wrote it and when."""
    lines = quoted.split("\n")
    marked = [line for line in lines if line.startswith(">")]
    bare = [line for line in lines if not (_HEADER_LINE.match(line) or _DATED_ATTRIBUTION.match(line))]
    return words_of("\n".join(marked or bare))


def _joined(segments: list[Segment], kind: Kind) -> str:
    return "\n".join(each.text for each in segments if each.kind == kind).strip()


def _kinds(lines: list[str]) -> list[Kind]:
    kinds: list[Kind] = ["quoted" if line.startswith(">") else "own" for line in lines]
    marked = max((number for number, kind in enumerate(kinds) if kind == "quoted"), default=-1)
    for number, line in enumerate(lines):
        if not _MAY_MARK.match(line):
            continue
        if _FORWARDED.match(line):
            return _signed(lines[:number], kinds[:number]) + ["own"] * (len(lines) - number)
        if kinds[number] == "own" and _begins_quote(lines, number, marked):
            kinds[number:] = ["quoted"] * (len(lines) - number)
            break
    for number, kind in enumerate(kinds):
        if kind == "quoted" and (number == 0 or kinds[number - 1] == "own"):
            _take_attribution(lines, kinds, number)
    return _signed(lines, kinds)


def _begins_quote(lines: list[str], number: int, marked: int) -> bool:
    """Whether all from this line on is quoted, marked or not; `marked` is the last line that is."""
    if _ORIGINAL.match(lines[number]) or _is_outlook_header(lines, number):
        return True
    return number > marked and bool(_DATED_ATTRIBUTION.match(lines[number]))


def _signed(lines: list[str], kinds: list[Kind]) -> list[Kind]:
    """Mark the signature: a few own lines below two dashes (RFC 3676 4.3), when there are words above them."""
    start = next((n for n, line in enumerate(lines) if kinds[n] == "own" and _DASHES.match(line)), None)
    if start is None or not any(lines[n].strip() for n in range(start) if kinds[n] == "own"):
        return kinds
    end = next((n for n in range(start, len(lines)) if kinds[n] != "own"), len(lines))
    below = any(lines[n].strip() for n in range(end, len(lines)) if kinds[n] == "own")
    if below or end - start > LONGEST_SIGNATURE + 1:
        return kinds
    return kinds[:start] + ["signature"] * (end - start) + kinds[end:]


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
