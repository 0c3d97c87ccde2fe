"""Who is at this screen: check a password, and keep a session no longer than it may last."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from portal.audit.actions import record
from portal.audit.events import Event
from portal.lib import live
from portal.lib.prepared import prepared
from portal.team import throttle
from portal.team.models import Passkey, Shift, TotpDevice, User
from portal.team.throttle import KNOWN_PLACE, SIGN_IN_ADDRESS, SIGN_IN_HERE, SIGN_IN_NAME, UNLOCK

PERSON, EPOCH, PHARMACY = "person", "epoch", "pharmacy"
SIGNED_IN_AT, LAST_SEEN, LOCKED = "signed-in-at", "last-seen", "locked"
PROVED_AT = "proved-at"
SHIFT = "shift"  # at an enrolled workstation: whose day there this session belongs to
HALF_LIFE = timedelta(minutes=15)  # from the password to the code
PROOF_LIFE = timedelta(minutes=5)  # how long both factors, just given, vouch for sensitive acts
NO_PASSWORD = "!"  # noqa: S105  (Django's mark of a password that cannot be used)


class WrongPassword(Exception):
    """No such person, another password, or an account that is closed: nobody is told which."""


class TooManyTries(Exception):
    """Too many passwords were tried here, or for this name."""


class Standing(Enum):
    """How far in the person at this screen is."""

    NOBODY = 0
    HALF = 1  # the password was given, the code not yet
    LOCKED = 2
    MEMBER = 3


def normal_name(name: str) -> str:
    """The one form of a sign-in name."""
    return name.strip().casefold()


def check_name_and_password(name: str, password: str, *, address: str, now: datetime) -> User:
    """The person of this name and password. Takes the same time whether or not the name is known.

    Raises:
        WrongPassword: and it is in the journal.
        TooManyTries: wait a quarter of an hour; the right password would be refused too.
    """
    name, place = normal_name(name), throttle.network_of(address)
    _take_try(name, place, now=now)
    user = User.objects.filter(sign_in_name=name).first()
    matches = check_password(password, user.password if user else NO_PASSWORD)
    if user is None or not matches or not user.in_service(timezone.localdate(now)):
        _record_failure(user)
        raise WrongPassword
    throttle.forgive(SIGN_IN_HERE, f"{name} {place}")
    throttle.give_back(SIGN_IN_ADDRESS, place)  # a whole team signs in from one address each morning
    throttle.remember(KNOWN_PLACE, f"{name} {place}", now=now)
    throttle.drop_expired(now=now)
    return user


def begin(session: SessionStore, user: User, *, pharmacy_id: UUID, now: datetime) -> None:
    """Start a session under a new key: the password was right, the code comes next."""
    _leave(session)
    Session.objects.filter(expire_date__lt=now).delete()
    stamp = now.timestamp()
    session.update(
        {
            PERSON: str(user.pk),
            EPOCH: user.session_epoch,
            PHARMACY: str(pharmacy_id),
            SIGNED_IN_AT: stamp,
            LAST_SEEN: stamp,
        }
    )


def complete(session: SessionStore, user: User, *, now: datetime) -> None:
    """The second factor was given: the session gets another key, and the account's epoch as it is now."""
    session.cycle_key()
    stamp = now.timestamp()
    session.update({EPOCH: user.session_epoch, LAST_SEEN: stamp, PROVED_AT: stamp})
    session.pop(LOCKED, None)
    with transaction.atomic():
        record(Event.SIGN_IN, by=user, on=("user", user.pk))


def resume(session: SessionStore, shift: Shift, *, pharmacy_id: UUID, now: datetime) -> None:
    """Start a session under a new key for who came back to a workstation: as long as the factors of then still hold.

    They do not count as just given: sensitive acts ask for both. Nothing of another person's session remains.
    """
    _leave(session)
    user = shift.user
    session.update(
        {
            PERSON: str(user.pk),
            EPOCH: user.session_epoch,
            PHARMACY: str(pharmacy_id),
            SIGNED_IN_AT: shift.proved_at.timestamp(),
            LAST_SEEN: now.timestamp(),
            DEVICE_ID_SESSION_KEY: shift.proof,
            SHIFT: str(shift.pk),
        }
    )
    with transaction.atomic():
        record(Event.RETURN, by=user, on=("user", user.pk), detail=f"workstation={shift.workstation_id}")


def end(session: SessionStore, user: User) -> None:
    with transaction.atomic():
        session.flush()
        tell_sessions(user)
        record(Event.SIGN_OUT, by=user, on=("user", user.pk))


def person_of(session: SessionStore, *, pharmacy_id: UUID, now: datetime) -> User | None:
    """Whose session this is, if it may still be used in this pharmacy; `is_locked` is another question."""
    if session.get(PERSON) is None or session.get(PHARMACY) != str(pharmacy_id) or _is_over(session, now):
        return None
    user = _user_of(session)
    if user is None or user.session_epoch != session[EPOCH] or not user.in_service(timezone.localdate(now)):
        return None
    return user


def is_locked(session: SessionStore, *, now: datetime) -> bool:
    return bool(session.get(LOCKED)) or now - _moment(session, LAST_SEEN) > settings.IDLE_LOCK


def is_proved(session: SessionStore, *, now: datetime) -> bool:
    """Whether both factors were given within the last five minutes."""
    return PROVED_AT in session and now - _moment(session, PROVED_AT) < PROOF_LIFE


def mark_proved(session: SessionStore, *, now: datetime) -> None:
    _write(session, {PROVED_AT: now.timestamp(), LAST_SEEN: now.timestamp()})


def touch(session: SessionStore, *, now: datetime) -> None:
    """Somebody acted: the fifteen minutes start again. Written down at most four times a lock's length."""
    if now - _moment(session, LAST_SEEN) > settings.IDLE_LOCK / 15:
        _write(session, {LAST_SEEN: now.timestamp()})


def lock(session: SessionStore, user: User) -> None:
    with transaction.atomic():
        _write(session, {LOCKED: True})
        tell_sessions(user)
        record(Event.LOCK, by=user, on=("user", user.pk))


def tell_sessions(user: User) -> None:
    """Whoever listens in the name of this person is looked at again at once."""
    live.tell(live.Kind.SESSION, person=user.pk)


def unlock(session: SessionStore, user: User, password: str, *, now: datetime) -> None:
    """Open a locked session again by the person's password.

    Raises:
        WrongPassword: and it is in the journal.
        TooManyTries: the session is over.
    """
    if not throttle.take(UNLOCK, str(user.pk), now=now).allowed:
        end(session, user)
        raise TooManyTries
    if not user.check_password(password):
        with transaction.atomic():
            record(Event.UNLOCK_FAILED, by=user, on=("user", user.pk))
        raise WrongPassword
    reopen(session, user, now=now)


def reopen(session: SessionStore, user: User, *, now: datetime) -> None:
    throttle.forgive(UNLOCK, str(user.pk))
    with transaction.atomic():
        _write(session, {LOCKED: False, LAST_SEEN: now.timestamp()})
        record(Event.UNLOCK, by=user, on=("user", user.pk))


def _leave(session: SessionStore) -> None:
    """Whoever was here is not any more: the row goes, and screens that listened in her name are looked at again."""
    former = session.get(PERSON)
    session.flush()
    if former is not None:
        live.tell(live.Kind.SESSION, person=UUID(former))


def _user_of(session: SessionStore) -> User | None:
    """The person, and in the same statement the phone or passkey of then (`proved_by`), which is asked for next."""
    device = _device_of(session)
    if device is not None:
        user: User = device.user
        user.proved_by = device
        return user
    return _person.first(UUID(session[PERSON]))


def _device_of(session: SessionStore) -> TotpDevice | Passkey | None:
    named, person = session.get(DEVICE_ID_SESSION_KEY, ""), UUID(session[PERSON])
    if (key := Passkey.key_in(named)) is not None:
        return _passkey.first(key, person)
    if (key := TotpDevice.key_in(named)) is not None:
        return _phone.first(key, person)
    return None


@prepared
def _person(user: UUID) -> QuerySet[User]:
    return User.objects.select_related("responsibility").filter(pk=user)


@prepared
def _passkey(key: UUID, user: UUID) -> QuerySet[Passkey]:
    return Passkey.objects.select_related("user__responsibility").filter(pk=key, user=user)


@prepared
def _phone(key: UUID, user: UUID) -> QuerySet[TotpDevice]:
    return TotpDevice.objects.select_related("user__responsibility").filter(pk=key, user=user)


def _is_over(session: SessionStore, now: datetime) -> bool:
    life = settings.SESSION_LIFE if session.get(DEVICE_ID_SESSION_KEY) else HALF_LIFE
    return now - _moment(session, SIGNED_IN_AT) > life


def _moment(session: SessionStore, key: str) -> datetime:
    return datetime.fromtimestamp(session[key], tz=timezone.get_default_timezone())


def _write(session: SessionStore, values: dict[str, Any]) -> None:
    """Change a session under a lock on its row, so that a request that began before cannot undo it."""
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(pk=session.session_key).first()
        if row is None:
            return
        content = session.decode(row.session_data)
        if content.get(LOCKED) and LOCKED not in values:
            return  # locked meanwhile, elsewhere: an act that came before does not keep it open
        row.session_data = session.encode(content | values)
        row.save(update_fields=["session_data"])
    changed = session.modified
    session.update(values)
    session.modified = changed


def _take_try(name: str, place: str, *, now: datetime) -> None:
    tries = [
        throttle.take(SIGN_IN_HERE, f"{name} {place}", now=now),
        throttle.take(SIGN_IN_ADDRESS, place, now=now),
    ]
    if not throttle.is_remembered(KNOWN_PLACE, f"{name} {place}", now=now):
        tries.append(throttle.take(SIGN_IN_NAME, name, now=now))
    if any(attempt.first_refusal for attempt in tries):
        with transaction.atomic():
            record(Event.THROTTLED, by=None, detail="kind=password")
    if not all(attempt.allowed for attempt in tries):
        raise TooManyTries


def _record_failure(user: User | None) -> None:
    with transaction.atomic():
        record(Event.SIGN_IN_FAILED, by=None, on=("user", user.pk) if user else None)
