"""Joining and splitting as the screens show them: what there is to choose, and what was just done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from portal.conversations.bulk import UNDO_FOR
from portal.conversations.bulk_models import BatchAct
from portal.team.models import User
from portal.web.inbox.batch_cards import batch_named

LED_HERE = "L’échange que vous ouvriez a été réuni avec celui-ci : tous ses messages sont ici."
DONE = {
    BatchAct.MERGE: "Les deux échanges n’en font plus qu’un.",
    BatchAct.SPLIT: "Ce qui a été séparé est maintenant ici, dans son propre échange.",
}
UNDONE = {
    BatchAct.MERGE: "Annulé : ce sont de nouveau deux échanges, comme avant.",
    BatchAct.SPLIT: "Annulé : ce qui avait été séparé est de retour ici, comme avant.",
}


@dataclass(frozen=True, slots=True)
class OtherLine:
    """A conversation that may be joined, or was; `value` is what is posted for it."""

    value: str
    subject: str
    snippet: str
    state: str
    messages: int
    at: datetime


@dataclass(frozen=True, slots=True)
class JoinCard:
    """`asks`: of a professional's two exchanges one says that they are about the same patient."""

    id: UUID
    version: int
    who: str
    subject: str
    back_url: str
    others: tuple[OtherLine, ...] = ()
    joined: tuple[OtherLine, ...] = ()
    asks: bool = False
    chosen: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SplitCard:
    """`follows` is what would go besides the message (« 2 messages et 1 note »), empty where nothing does.

    `only_alone`: nothing would be left otherwise.
    """

    id: UUID
    version: int
    who: str
    writer: str
    at: datetime
    text: str
    back_url: str
    follows: str = ""
    only_alone: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One line above a conversation, of what has just become of it; `undo_url` while it may be taken back."""

    words: str
    undo_url: str = ""


def said_of(me: User, written: str | None) -> Said | None:
    """What an address names (`?lot=`); anybody else's act is none, nor is one on several."""
    batch = batch_named(me, written)
    if batch is None or batch.act not in DONE:
        return None
    act = BatchAct(batch.act)
    if batch.undone_at:
        return Said(UNDONE[act])
    open_yet = batch.at > timezone.now() - UNDO_FOR
    return Said(DONE[act], reverse("undo_joined", args=[batch.pk]) if open_yet else "")
