"""What the console's templates show of people: frozen cards of plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from portal.team.duty import away_until
from portal.team.leaving import days_left
from portal.team.models import Role, User
from portal.team.roster import Member
from portal.web.account.people import initials_of
from portal.web.inbox.cards import Chip
from portal.web.templatetags.officinal import NO_BREAK, SHORT_MONTHS


@dataclass(frozen=True, slots=True)
class MemberCard:
    """One line of the team, and the head of a person's page."""

    id: UUID
    url: str
    name: str
    initials: str
    sign_in_name: str
    role: str
    active: bool
    has_phone: bool
    has_passkey: bool
    last_sign_in: datetime | None
    link_until: datetime | None
    email: str
    last_day: str
    leaves_soon: bool
    chips: tuple[Chip, ...]
    may_answer: bool


def member_card(member: Member, today: date) -> MemberCard:
    user = member.user
    return MemberCard(
        id=user.pk,
        url=reverse("console_person", args=[user.pk]),
        name=user.display_name,
        initials=initials_of(user.display_name),
        sign_in_name=user.sign_in_name,
        role=Role(user.role).label,
        active=user.in_service(today),
        has_phone=member.has_phone,
        has_passkey=member.has_passkey,
        last_sign_in=member.last_sign_in,
        link_until=member.link_until,
        last_day=day_words(user.active_until, today) if user.active_until else "",
        email=user.email,
        leaves_soon=days_left(user, today) is not None,
        chips=_chips(member, today),
        may_answer=member.may_answer,
    )


def day_words(day: date, today: date) -> str:
    """« aujourd'hui », « demain », « le 12 nov. », « le 3 janv. 2027 »."""
    match (day - today).days:
        case 0:
            return "aujourd’hui"
        case 1:
            return "demain"
    year = "" if day.year == today.year else f"{NO_BREAK}{day.year}"
    return f"le {day.day}{NO_BREAK}{SHORT_MONTHS[day.month - 1]}{year}"


def leaving_words(user: User, today: date) -> str:
    """What a person whose last day is near is told; empty when there is nothing to tell."""
    if days_left(user, today) is None or user.active_until is None:
        return ""
    day = day_words(user.active_until, today)
    return f"Votre dernier jour ici est {day}{NO_BREAK}: votre accès s’arrête ce jour-là à minuit."


def _chips(member: Member, today: date) -> tuple[Chip, ...]:
    user = member.user
    if not user.active:
        return (Chip("Désactivé", "bad"),)
    if not user.in_service(today):
        return (Chip("Parti", "bad"),)
    chips = [Chip("Responsable de la BAL", "good")] if user.is_responsible else []
    if away_until(user) is not None:
        chips.append(Chip("En absence", "warn"))
    if days_left(user, today) is not None:
        chips.append(Chip("Part bientôt", "warn"))
    if member.link_until:
        chips.append(Chip("Lien à utiliser", "warn"))
    elif not user.has_usable_password():
        chips.append(Chip("Lien expiré", "bad"))
    return tuple(chips)
