"""Who is on the team, and how each of them stands: for the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from portal.audit.events import Event
from portal.audit.models import Entry, moment_of
from portal.team.duty import with_absences
from portal.team.models import AccessLink, Passkey, TotpDevice, User


@dataclass(frozen=True, slots=True)
class Member:
    """One account. `link_until`: until when its last link may still be taken up, if it may."""

    user: User
    has_phone: bool
    has_passkey: bool
    last_sign_in: datetime | None
    link_until: datetime | None

    @property
    def may_answer(self) -> bool:
        """Whether the responsibility can be handed on to this person now."""
        return (
            (self.has_phone or self.has_passkey) and fit_to_answer(self.user) and not self.user.is_responsible
        )


def roster(*, now: datetime) -> list[Member]:
    """Everybody, those who still work here first; one query."""
    return [_member(user) for user in _standing(now).order_by("-active", "created_at")]


def member(person_id: UUID, *, now: datetime) -> Member | None:
    found = _standing(now).filter(pk=person_id).first()
    return _member(found) if found else None


def fit_to_answer(user: User) -> bool:
    """The responsible person is an active pharmacist, in, and not about to leave."""
    return user.active and user.is_pharmacist and user.active_until is None and user.has_usable_password()


def _standing(now: datetime) -> QuerySet[User]:
    links = AccessLink.objects.filter(user=OuterRef("pk"), used_at=None, expires_at__gt=now)
    sign_ins = Entry.objects.filter(object_id=OuterRef("pk"), event=Event.SIGN_IN).order_by("-n")
    return with_absences(User.objects.select_related("responsibility")).annotate(
        has_phone=Exists(TotpDevice.objects.filter(user=OuterRef("pk"), confirmed=True)),
        has_passkey=Exists(Passkey.objects.filter(user=OuterRef("pk"))),
        last_sign_in_us=Subquery(sign_ins.values("at_us")[:1]),
        link_until=Subquery(links.values("expires_at")[:1]),
    )


def _member(user: User) -> Member:
    found = vars(user)  # what `_standing` annotates
    signed_in = found["last_sign_in_us"]
    return Member(
        user=user,
        has_phone=found["has_phone"],
        has_passkey=found["has_passkey"],
        last_sign_in=None if signed_in is None else moment_of(signed_in),
        link_until=found["link_until"],
    )
