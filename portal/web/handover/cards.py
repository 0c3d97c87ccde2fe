"""What the templates of the handover show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.urls import reverse

from portal.conversations.models import Conversation
from portal.handover.actions import digest_of
from portal.handover.gathering import Line, read
from portal.handover.models import Group, Handover
from portal.mail.addresses import Address
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.people import first_name, named

ICONS = {
    Group.FAILED: "triangle-alert",
    Group.UNOPENED: "eye-off",
    Group.PRESCRIBER: "clock",
    Group.PATIENT: "clock",
    Group.READY: "pill",
}


@dataclass(frozen=True, slots=True)
class LineCard:
    who: str
    subject: str
    since: datetime
    url: str


@dataclass(frozen=True, slots=True)
class GroupCard:
    label: str
    icon: str
    lines: tuple[LineCard, ...]


@dataclass(frozen=True, slots=True)
class HandoverCard:
    """One that was signed; `may_take`: whoever looks may countersign it. `intact`: as it was signed."""

    id: UUID
    url: str
    left_by: str
    left_at: datetime
    taken_by: str
    taken_at: datetime | None
    replaced: bool
    mine: bool
    may_take: bool
    count: int
    word: str = ""
    groups: tuple[GroupCard, ...] = ()
    intact: bool = True

    @property
    def waits(self) -> bool:
        return self.taken_at is None and not self.replaced

    @property
    def left_by_first(self) -> str:
        return first_name(self.left_by)


def groups_of(lines: Iterable[Line]) -> tuple[GroupCard, ...]:
    """Lines in the order in which they come, which is that of the groups."""
    return tuple(
        GroupCard(group.label, ICONS[group], tuple(_line(line) for line in each))
        for group, each in groupby(lines, key=lambda line: line.group)
    )


def summary(handover: Handover, me: User) -> HandoverCard:
    """Without what it holds: for the list of those that were."""
    return _card(handover, me)


def card_of(handover: Handover, me: User) -> HandoverCard:
    """With its lines: those of conversations that this person may see. One query."""
    lines = list(read(handover.lines))
    ids = {line.conversation for line in lines}
    seen = set(Conversation.objects.known_to(me.pk).filter(pk__in=ids).values_list("pk", flat=True))
    groups = groups_of(line for line in lines if line.conversation in seen)
    return _card(handover, me, groups, intact=digest_of(handover) == handover.digest)


def _card(
    handover: Handover, me: User, groups: tuple[GroupCard, ...] = (), *, intact: bool = True
) -> HandoverCard:
    mine = handover.left_by_id == me.pk
    return HandoverCard(
        id=handover.pk,
        url=reverse("handover_kept", args=[handover.pk]),
        left_by=handover.left_by.display_name,
        left_at=handover.left_at,
        taken_by=handover.taken_by.display_name if handover.taken_by else "",
        taken_at=handover.taken_at,
        replaced=handover.replaced_at is not None,
        mine=mine,
        may_take=not mine and allows(me, Permission.SIGN_HANDOVER),
        count=len(handover.lines),
        word=handover.word,
        groups=groups,
        intact=intact,
    )


def _line(line: Line) -> LineCard:
    address = Address(line.person.get("label", ""), line.person.get("address", ""))
    url = reverse("conversation", args=[line.conversation])
    return LineCard(named(address), line.subject, line.since, url)
