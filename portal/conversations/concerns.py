"""Tell a person what concerns her, and remember what she has seen of it. Ids and codes; never a patient's word."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from portal.conversations import counters
from portal.conversations.concern_models import Concern, ConcernKind
from portal.conversations.models import Conversation, CounterKind
from portal.lib import live

if TYPE_CHECKING:
    from portal.team.models import User

MOST_SHOWN = 100


def tell(kind: ConcernKind, people: Iterable[UUID | None], *, on: Conversation, by: User | None) -> None:
    """These people find it in *Notifications*: but who did it herself, and who does not see the mailbox.

    Called in the transaction of what happened, after its counts and before wake-ups and the journal; `on` is held.
    """
    told = sorted({person for person in people if person is not None} - ({by.pk} if by else set()))
    for person in told:
        if on.mailbox.owner_id in (None, person):
            _tell(kind, person, Concern(mailbox_id=on.mailbox_id, conversation=on, about=on.pk), by)


def tell_of_draft(kind: ConcernKind, person: UUID, *, draft: UUID, mailbox: UUID, by: User | None) -> None:
    """The same, of a message that is in no conversation yet. The draft is held."""
    if by is None or by.pk != person:
        _tell(kind, person, Concern(mailbox_id=mailbox, about=draft), by)


def take_back(kind: ConcernKind, people: Iterable[UUID], *, on: Conversation) -> None:
    """What these people were told of was undone: what they have not read yet goes. Called as `tell` is."""
    unread = Concern.objects.unread().select_for_update().filter(user__in=list(people), about=on.pk)
    for known in unread.filter(kinds__contains=[kind]).order_by("pk"):
        known.kinds = [each for each in known.kinds if each != kind]
        if known.kinds:
            known.save(update_fields=["kinds"])
            continue
        known.delete()
        _count(known, -1)


def concerns(user_id: UUID) -> Exists:
    """Whether something new in this conversation concerns this person: inside the statement that loads it."""
    return Exists(Concern.objects.unread().filter(user=user_id, about=OuterRef("pk")))


def see(about: UUID, *, by: User) -> None:
    """She has it before her now."""
    _read(about, by)


def see_all(*, by: User) -> None:
    """*Tout marquer comme lu*."""
    _read(None, by)


def look_again(about: UUID, *, by: User) -> None:
    """Have it among the new ones again."""
    with transaction.atomic():
        known = Concern.objects.select_for_update().filter(user=by, about=about).first()
        if known is None or known.read_at is None:
            return
        known.read_at = None
        known.save(update_fields=["read_at"])
        _count(known, 1)


def carry(
    kinds: Collection[ConcernKind], people: Collection[UUID] | None, *, of: Conversation, to: Conversation
) -> None:
    """What concerned these people (None: everybody) in one conversation concerns them in the other now.

    It was joined, or what it was about went there. Called as `tell` is; both are held.
    """
    found = Concern.objects.select_for_update().filter(about__in=(of.pk, to.pk)).order_by("pk")
    rows = [row for row in found if people is None or row.user_id in people]
    there = {row.user_id: row for row in rows if row.about == to.pk}
    for row in rows:
        moved = [kind for kind in row.kinds if kind in kinds]
        if row.about != of.pk or not moved:
            continue
        kept = [kind for kind in row.kinds if kind not in moved]
        _put(moved, row, there.get(row.user_id), to)
        if kept:
            row.kinds = kept
            row.save(update_fields=["kinds"])
            continue
        row.delete()
        if row.read_at is None:
            _count(row, -1)


def forget(conversation: Conversation) -> None:
    """It goes, and with it what it was to anybody. In the caller's transaction, which holds it."""
    for known in Concern.objects.select_for_update().filter(conversation=conversation).order_by("pk"):
        if known.read_at is None:
            _count(known, -1)
    Concern.objects.filter(conversation=conversation).delete()


def newest(user: User) -> list[Concern]:
    """What concerns this person, the new ones first, with who did it: one query."""
    found = Concern.objects.of(user.pk).select_related("by")
    unread = list(found.unread().order_by("-at")[:MOST_SHOWN])
    seen = list(found.exclude(read_at=None).order_by("-at")[: MOST_SHOWN - len(unread)])
    return [*unread, *seen]


def _put(kinds: list[str], row: Concern, known: Concern | None, to: Conversation) -> None:
    """What is new of it stays new, what was seen stays seen."""
    earlier = [each for each in known.kinds if each not in kinds] if known else []
    target = known or Concern(user_id=row.user_id, mailbox_id=to.mailbox_id, conversation=to, about=to.pk)
    was_new, is_new = known is not None and known.read_at is None, row.read_at is None
    if known is not None and was_new and not is_new:
        return
    target.kinds = [*(earlier if was_new or not is_new else []), *kinds]
    target.by_id, target.at, target.read_at = row.by_id, row.at, row.read_at
    target.save()
    if is_new and not was_new:
        _count(target, 1)


def _tell(kind: ConcernKind, person: UUID, fresh: Concern, by: User | None) -> None:
    known = Concern.objects.select_for_update().filter(user=person, about=fresh.about).first()
    earlier = known.kinds if known is not None and known.read_at is None else []
    row = known or fresh
    row.user_id, row.by, row.at = person, by, timezone.now()
    row.kinds = [*(each for each in earlier if each != kind), kind]
    is_new = known is None or known.read_at is not None
    row.read_at = None
    if known is None:
        row.save(force_insert=True)
    else:
        row.save(update_fields=["kinds", "by", "at", "read_at"])
    if is_new:
        _count(row, 1)


def _read(about: UUID | None, by: User) -> None:
    with transaction.atomic():
        found = Concern.objects.select_for_update().filter(user=by, read_at=None)
        rows = list((found.filter(about=about) if about else found).order_by("pk"))
        if not rows:
            return
        Concern.objects.filter(pk__in=[row.pk for row in rows]).update(read_at=timezone.now())
        counters.move(Tally(_key(row) for row in rows), Tally())
        for mailbox in {row.mailbox_id for row in rows}:
            live.tell(live.Kind.COUNTS, mailbox=mailbox, person=by.pk)


def _count(row: Concern, n: int) -> None:
    counters.move(Tally(), Tally({_key(row): n}))
    live.tell(live.Kind.COUNTS, mailbox=row.mailbox_id, person=row.user_id)


def _key(row: Concern) -> counters.Key:
    return (row.mailbox_id, CounterKind.CONCERN, row.user_id)
