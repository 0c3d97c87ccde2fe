"""What a subject says once the prefixes of programs and standards are taken off."""

from __future__ import annotations

import re

from portal.lib.text import fold

_PREFIX = re.compile(
    r"""\s*(?:
      (?:re|ré|rép|réf|ref|tr|fw|fwd|aw|wg|lu|non\ lu|réponse\ automatique)\s*(?:[\[(]\d{1,3}[\])])?\s*:
      | \[\s*(?:fin|ko\b[^\]]{0,80}|erreur\b[^\]]{0,80}|90\d|sec|externe?)\s*\]
      | xdm/1\.0/ddm\s*\+
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_STRUCTURED = re.compile(r"XDM/1\.0/DDM\s*\+\s*", re.IGNORECASE)
_END = re.compile(r"\s*\[\s*FIN\s*\]", re.IGNORECASE)
LONGEST_THREAD_SUBJECT = 255


def display_subject(subject: str) -> str:
    """The subject for lists: without `XDM/1.0/DDM+` (ECO.3.1.3), which may stand after Re:, TR: or [KO …]."""
    found = _STRUCTURED.search(subject)
    if found and found.start() == _prefix_end(subject[: found.start()]):
        return (subject[: found.start()] + subject[found.end() :]).strip()
    return subject


def thread_subject(subject: str) -> str:
    """The form under which subjects of one exchange are equal; empty when there are only prefixes."""
    return fold(subject[_prefix_end(subject) :])[:LONGEST_THREAD_SUBJECT].strip()


def ends_exchange(subject: str) -> bool:
    """The subject begins with [FIN] (mssante.md 3.2); `Re: [FIN]` only quotes one that did."""
    return bool(_END.match(subject))


def _prefix_end(subject: str) -> int:
    end = 0
    while found := _PREFIX.match(subject, end):
        end = found.end()
    return end
