"""Sign a handover, and countersign it: two people, each in her own session."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations import counters
from portal.conversations.models import CounterKind
from portal.handover.gathering import canonical, gather, written
from portal.handover.models import Handover
from portal.lib import live
from portal.mailboxes.models import Mailbox
from portal.team.models import User
from portal.vault.index import fingerprint

LONGEST_WORD = 2000


class AnotherWaits(Exception):
    """There is one already that waits for its second signature: a colleague's, or one signed meanwhile."""


class ContentMoved(Exception):
    """What was on screen is not what would be signed: read again."""


class OwnHandover(Exception):
    """Nobody countersigns what she signed."""


class NotWaiting(Exception):
    """It was countersigned, or replaced, meanwhile."""


def sign(*, by: User, word: str, shown: str, waiting: UUID | None, now: datetime) -> Handover:
    """Freeze what is open now, with a word to the next; who comes signs below it.

    `shown` is the mark of what was on screen, `waiting` the one that waited then: of `by`'s own making, it is replaced.

    Raises:
        AnotherWaits: countersign that one, or read again.
        ContentMoved: something came, left or moved meanwhile.
    """
    with transaction.atomic():
        former = Handover.objects.unsigned().select_for_update(of=("self",)).first()
        if (former.pk if former else None) != waiting or (former and former.left_by_id != by.pk):
            raise AnotherWaits
        gathered = gather(by, now=now)
        if gathered.mark != shown:
            raise ContentMoved
        if former:
            Handover.objects.filter(pk=former.pk).update(replaced_at=now)
        signed = Handover(mailbox=_counted_in(), left_by=by, left_at=now, word=word)
        signed.lines = [written(line) for line in gathered.lines]
        signed.digest = digest_of(signed)
        _keep(signed)
        if former:
            _count(former, -1)
        _count(signed, 1)
        record(Event.HANDOVER_SIGN, by=by, on=("handover", signed.pk), detail=_detail(signed))
    return signed


def countersign(handover_id: UUID, *, by: User, now: datetime) -> Handover:
    """Say that one has read it and takes over.

    Raises:
        Handover.DoesNotExist: no such one.
        OwnHandover, NotWaiting.
    """
    with transaction.atomic():
        held = Handover.objects.select_for_update(of=("self",)).get(pk=handover_id)
        if held.taken_at or held.replaced_at:
            raise NotWaiting
        if held.left_by_id == by.pk:
            raise OwnHandover
        held.taken_by, held.taken_at = by, now
        held.save(update_fields=["taken_by", "taken_at"])
        _count(held, -1)
        record(Event.HANDOVER_COUNTERSIGN, by=by, on=("handover", held.pk), detail=_detail(held))
    return held


def digest_of(handover: Handover) -> str:
    """Of what was signed, by whom and when: it is the same as long as nothing of it was touched."""
    content = {
        "id": str(handover.pk),
        "by": str(handover.left_by_id),
        "at": handover.left_at.timestamp(),
        "lines": handover.lines,
        "word": handover.word,
    }
    return fingerprint("handover.content", canonical(content))


def _keep(signed: Handover) -> None:
    """Raises AnotherWaits: a colleague signed in this very moment."""
    try:
        with transaction.atomic():
            signed.save(force_insert=True)
    except IntegrityError as error:
        raise AnotherWaits from error


def _counted_in() -> Mailbox | None:
    return Mailbox.objects.filter(owner=None).order_by("id").first()


def _count(handover: Handover, n: int) -> None:
    """Every list of the team says that one waits, without a query of its own."""
    if handover.mailbox_id:
        counters.move(Tally(), Tally({(handover.mailbox_id, CounterKind.HANDOVER, None): n}))
        live.tell(live.Kind.COUNTS, mailbox=handover.mailbox_id)


def _detail(handover: Handover) -> str:
    return f"lines={len(handover.lines)} content={UUID(handover.digest)}"
