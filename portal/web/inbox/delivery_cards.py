"""How far a sent message is, as the thread shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

SendState = Literal["queued", "sending", "accepted", "delivered", "retry", "failed", "uncertain", "cancelled"]


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """How far one recipient's copy is: `words` say all of it, `state` chooses the drawing."""

    name: str
    state: SendState
    words: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryCard:
    """How far a sent message is.

    `seconds_left` and `may_undo` while it is held back; `may_decide` when a recipient is UNCERTAIN,
    `may_rewrite` when it failed and its words can be taken up again.
    `refresh_url`, asked every 3 s while something still moves, answers `_delivery.html`.
    """

    id: UUID
    recipients: tuple[RecipientLine, ...]
    may_undo: bool = False
    seconds_left: int = 0
    may_decide: bool = False
    may_rewrite: bool = False
    refresh_url: str = ""
