"""What was done to several conversations at once, and which were left out, as the list says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from portal.conversations.bulk import UNDO_FOR, Why
from portal.conversations.bulk_models import OF_ONE, Batch, BatchAct
from portal.conversations.models import Conversation
from portal.team.models import User
from portal.web.inbox.held import moved
from portal.web.inbox.people import correspondent
from portal.web.paths import path
from portal.web.templatetags.officinal import at as written_at

MOST_NAMED = 10
DONE = {
    BatchAct.ASSIGN: ("attribuée", "attribuées"),
    BatchAct.FINISH: ("terminée", "terminées"),
    BatchAct.UNREAD: ("marquée comme non lue", "marquées comme non lues"),
    BatchAct.LABEL: ("a changé d’étiquette", "ont changé d’étiquette"),
    BatchAct.LATER: ("remise à plus tard", "remises à plus tard"),
}
LEFT = {
    Why.SUBMITTED: "une réponse attend un pharmacien",
    Why.SCHEDULED: "une réponse doit encore partir",
    Why.FAILED: "un envoi a échoué",
    Why.NOT_HERS: "cette personne ne peut pas la prendre",
    Why.ALREADY: "rien à changer",
    Why.TOO_MANY: "trop à la fois, recommencez avec celle-ci",
}
LATE = "Il est trop tard pour annuler, ou c’est déjà fait."


@dataclass(frozen=True, slots=True)
class BatchCard:
    """`words` of what was done, `left` a line for each that was not, `undo_url` while it may be taken back."""

    words: str
    left: tuple[str, ...] = ()
    undo_url: str = ""
    fault: str = ""


def batch_card(batch: Batch, me: User, *, late: bool = False) -> BatchCard:
    """One query, and one for each that a colleague moved meanwhile, ten at most."""
    open_yet = batch.undone_at is None and batch.at > timezone.now() - UNDO_FOR and bool(batch.done)
    return BatchCard(
        words=_words(batch),
        left=tuple(_left(batch, me)),
        undo_url=path("bulk_undo", batch.pk) if open_yet else "",
        fault=LATE if late else "",
    )


def batch_named(me: User, written: str | None) -> Batch | None:
    """The one that an address names (`?lot=`); anybody else's is none."""
    try:
        return Batch.objects.filter(pk=UUID(written or ""), by=me).first()
    except ValueError:
        return None


def batch_seen_by(me: User, written: str | None) -> BatchCard | None:
    """The same, of several conversations, as a list shows it."""
    batch = batch_named(me, written)
    return batch_card(batch, me) if batch and batch.act not in OF_ONE else None


def _words(batch: Batch) -> str:
    if batch.undone_at:
        n = len(batch.done) - len(batch.left)
        return f"Annulé : {_number(n)} comme avant."
    n = len(batch.done)
    one, many = DONE[BatchAct(batch.act)]
    return f"{_number(n)} {many if n > 1 else one}." if n else "Rien n’a été changé."


def _number(n: int) -> str:
    return f"{n} conversation{'s' if n > 1 else ''}"


def _left(batch: Batch, me: User) -> Iterator[str]:
    whys = {UUID(pk): Why(why) for pk, why in batch.left}
    named = list(Conversation.objects.visible_to(me.pk).filter(pk__in=whys).newest_first()[:MOST_NAMED])
    for each in named:
        yield f"{correspondent(each)[0]} : {_why(each, whys[each.pk], me)}"
    if len(whys) > len(named):
        yield f"et {_number(len(whys) - len(named))} de plus"


def _why(conversation: Conversation, why: Why, me: User) -> str:
    if why != Why.MOVED:
        return LEFT[why]
    last = moved(conversation, me)
    return f"{last.by} {last.did} {written_at(last.at)}"
