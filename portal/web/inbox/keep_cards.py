"""What the templates show of what can be kept of a conversation: its files, and how many are shut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.web.inbox.file_cards import AttachmentCard


@dataclass(frozen=True, slots=True)
class KeepCard:
    """`files` may be kept; `shut` may not: a virus, or nobody has looked yet."""

    files: int = 0
    shut: int = 0


def keep_card(files: Iterable[AttachmentCard]) -> KeepCard:
    kept = [bool(file.download_url) for file in files]
    return KeepCard(sum(kept), len(kept) - sum(kept))
