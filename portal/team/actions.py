"""Change the team: invite, let in, move, and see off."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import F

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.team.duty import WAKE_POOL, departure
from portal.team.leaving import warned_at
from portal.team.links import find_link, new_link, revoke_links, use_link
from portal.team.login import normal_name, tell_sessions
from portal.team.models import LinkPurpose, Responsibility, Role, User
from portal.team.passwords import check_password_rule
from portal.team.pins import forget_pins
from portal.team.roster import fit_to_answer
from portal.team.second_factor import forget_second_factor
from tenants.wakeups import wake

LEAVING = "leaving"
SIGN_IN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")

By = Person | Actor


class BadName(Exception):
    """A sign-in name has other characters than letters without accents, figures, dots and hyphens."""


class NameTaken(Exception):
    """Somebody of this pharmacy signs in under this name."""


class LinkGone(Exception):
    """A link was used, revoked, is too old, or never was."""


class IsResponsible(Exception):
    """The responsible person stays an active pharmacist: the responsibility is transferred first."""


class NotFit(Exception):
    """Only an active pharmacist, who came in and is not about to leave, can be the responsible person."""


def invite(
    *,
    sign_in_name: str,
    display_name: str,
    role: Role,
    by: By,
    now: datetime,
    active_until: date | None = None,
    email: str = "",
    using: str = DEFAULT_DB_ALIAS,
) -> tuple[User, str]:
    """Open an account without a password, and give the token of the link by which its person takes it up.

    Raises:
        BadName: the sign-in name cannot be typed everywhere.
        NameTaken: choose another one.
    """
    user = User(
        sign_in_name=checked_name(sign_in_name),
        display_name=display_name,
        role=role,
        active_until=active_until,
        email=email,
    )
    user.set_unusable_password()
    with transaction.atomic(using=using):
        _save_unless_taken(user, using=using)
        token = new_link(user, LinkPurpose.INVITATION, now=now, using=using)
        if active_until is not None:
            wake(LEAVING, warned_at(active_until))
            wake(WAKE_POOL, departure(active_until))
        record(Event.INVITE, by=by, on=("user", user.pk), detail=f"role={role}", using=using)
    return user, token


def accept_invitation(
    token: str, *, sign_in_name: str, password: str, about: tuple[str, ...] = (), now: datetime
) -> User:
    """Take a link up: choose name and password. It works once; every earlier session of the person ends.

    Raises:
        WeakPassword: nothing was used up.
        BadName, NameTaken: choose another name; nothing was used up.
        LinkGone: ask for a new link.
    """
    link = find_link(token, now=now)
    if link is None:
        raise LinkGone
    user = link.user
    user.sign_in_name = checked_name(sign_in_name)
    check_password_rule(password, about=(user.sign_in_name, user.display_name, *about))
    user.set_password(password)
    with transaction.atomic():
        if not use_link(link, now=now):
            raise LinkGone
        user.session_epoch += 1
        _save_unless_taken(user, update_fields=["sign_in_name", "password", "session_epoch"])
        tell_sessions(user)
        record(Event.ACCEPT, by=user, on=("user", user.pk), detail=f"purpose={link.purpose}")
    return user


def reset_access(user: User, *, by: By, now: datetime) -> str:
    """A phone or a password was lost: end all sessions, forget both, and give the token of a new link."""
    with transaction.atomic():
        forget_second_factor(user)
        forget_pins(user)
        user.set_unusable_password()
        user.save(update_fields=["password"])
        end_sessions(user)
        token = new_link(user, LinkPurpose.RESET, now=now)
        record(Event.RESET_ACCESS, by=by, on=("user", user.pk))
    return token


def deactivate(user: User, *, by: By, now: datetime) -> None:
    """Close an account; its next request, anywhere, finds itself signed out.

    Raises:
        IsResponsible: transfer the responsibility first.
    """
    if user.is_responsible:
        raise IsResponsible
    with transaction.atomic():
        user.active = False
        user.save(update_fields=["active"])
        forget_pins(user)
        revoke_links(user, now=now)
        end_sessions(user)
        wake(WAKE_POOL, now)
        record(Event.DEACTIVATE, by=by, on=("user", user.pk))


def change_role(user: User, *, to: Role, by: By) -> None:
    """Give another role; the person signs in anew with it.

    Raises:
        IsResponsible: the responsible person stays a pharmacist.
    """
    if user.is_responsible and not User(role=to).is_pharmacist:
        raise IsResponsible
    with transaction.atomic():
        user.role = to
        user.save(update_fields=["role"])
        end_sessions(user)
        record(Event.CHANGE_ROLE, by=by, on=("user", user.pk), detail=f"role={to}")


def set_last_day(user: User, *, to: date | None, by: By) -> None:
    """Have the account end at midnight (Europe/Paris) after this day; None: no end.

    Raises:
        IsResponsible: the responsible person has no last day.
    """
    if user.is_responsible and to is not None:
        raise IsResponsible
    with transaction.atomic():
        user.active_until = to
        user.save(update_fields=["active_until"])
        if to is not None:
            wake(LEAVING, warned_at(to))
            wake(WAKE_POOL, departure(to))
        day = to.strftime("%Y%m%d") if to else "none"
        record(Event.LAST_DAY, by=by, on=("user", user.pk), detail=f"day={day}")


def set_email(user: User, *, to: str, by: By) -> None:
    """Where this person is told things, never what they are; empty for nowhere."""
    with transaction.atomic():
        user.email = to
        user.save(update_fields=["email"])
        record(Event.CHANGE_EMAIL, by=by, on=("user", user.pk), detail=f"given={int(bool(to))}")


def appoint(user: User, *, by: By, using: str = DEFAULT_DB_ALIAS) -> None:
    """Name the first responsible person of a new pharmacy."""
    with transaction.atomic(using=using):
        Responsibility.objects.using(using).create(user=user)
        record(Event.TRANSFER_RESPONSIBILITY, by=by, on=("user", user.pk), using=using)


def transfer_responsibility(*, to: User, by: By, now: datetime) -> None:
    """Hand the responsibility on: there is one responsible person before, and one after.

    Raises:
        NotFit: the other person is no active pharmacist, never came in, or has a last day.
    """
    if not fit_to_answer(to):
        raise NotFit
    with transaction.atomic():
        Responsibility.objects.update(user=to, since=now)
        record(Event.TRANSFER_RESPONSIBILITY, by=by, on=("user", to.pk))


def end_sessions(user: User) -> None:
    """In the caller's transaction."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    tell_sessions(user)


def checked_name(name: str) -> str:
    """Raises BadName."""
    normal = normal_name(name)
    if not SIGN_IN_NAME.fullmatch(normal):
        raise BadName
    return normal


def _save_unless_taken(
    user: User, *, using: str = DEFAULT_DB_ALIAS, update_fields: list[str] | None = None
) -> None:
    try:
        with transaction.atomic(using=using):
            user.save(using=using, update_fields=update_fields)
    except IntegrityError as error:
        raise NameTaken from error
