"""Passkeys (WebAuthn): what the browser is asked, and whether what it signed is good, for this host alone."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import webauthn
from django.db import IntegrityError, transaction
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.audit.actions import record
from portal.audit.events import Event
from portal.team import throttle
from portal.team.models import Passkey, TotpDevice, User
from portal.team.second_factor import (
    WrongCode,
    confirmed_device,
    new_recovery_codes,
    record_failure,
    take_try,
)
from portal.team.shifts import end_all_shifts
from portal.team.throttle import CODE
from portal.vault.index import fingerprint

LONGEST_NAME = 40
# What webauthn answers to what no authenticator sends: bytes, numbers and JSON of any shape come from outside.
UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, RecursionError, struct.error)
TRANSPORTS = {each.value: each for each in AuthenticatorTransport}

T = TypeVar("T")


class WrongPasskey(WrongCode):
    """Not signed by a passkey of this person, for this host, for this question."""


class LastFactor(Exception):
    """Without it nothing would be asked after the password."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys count: the pharmacy's own host, and pages of that origin alone."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is given, as JSON, and the challenge that it shall sign, once."""

    options: str
    challenge: bytes


def ask_for_new(user: User, site: Site) -> Question:
    """Have a passkey made. It must know its owner (finger, face, code): it may then stand alone at a workstation."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=user.pk.bytes,
        user_name=user.sign_in_name,
        user_display_name=user.display_name,
        exclude_credentials=_descriptors(user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return Question(webauthn.options_to_json(options), options.challenge)


def ask_for_one(user: User, site: Site) -> Question:
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        allow_credentials=_descriptors(user),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(webauthn.options_to_json(options), options.challenge)


def add_passkey(user: User, answer: str, *, challenge: bytes, site: Site, name: str) -> Passkey:
    """Keep what the browser made.

    Raises:
        WrongPasskey: made for another host or question, by something that does not know its owner, or known already.
    """
    made = _read(
        lambda: webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    )
    transports = _read(
        lambda: webauthn.helpers.parse_registration_credential_json(answer)
    ).response.transports
    passkey = Passkey(
        user=user,
        name=name,
        digest=_digest(made.credential_id),
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=[each.value for each in transports or []],
        backed_up=made.credential_backed_up,
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                passkey.save(force_insert=True)
        except IntegrityError as error:
            raise WrongPasskey from error
        record(Event.PASSKEY_ADD, by=user, on=("passkey", passkey.pk))
    return passkey


def add_first_passkey(
    user: User, answer: str, *, challenge: bytes, site: Site, name: str
) -> tuple[Passkey, tuple[str, ...]]:
    """The second factor of who has none yet, with ten recovery codes. Raises WrongPasskey."""
    with transaction.atomic():
        passkey = add_passkey(user, answer, challenge=challenge, site=site, name=name)
        codes = new_recovery_codes(user)
        record(Event.RECOVERY_CODES_MADE, by=user, on=("user", user.pk))
    return passkey, codes


def check_passkey(user: User, answer: str, *, challenge: bytes, site: Site, now: datetime) -> Passkey:
    """The passkey of this person that signed.

    Raises:
        WrongPasskey: and it is in the journal.
        TooManyCodes: wait; a good one would be refused too.
    """
    take_try(user, now=now)
    try:
        passkey = _checked(user, answer, challenge=challenge, site=site, now=now)
    except WrongPasskey:
        record_failure(user, Event.SECOND_FACTOR_FAILED, "kind=passkey")
        raise
    throttle.forgive(CODE, str(user.pk))
    return passkey


def passkeys_of(user: User) -> list[Passkey]:
    return list(Passkey.objects.filter(user=user).order_by("created_at"))


def remove_passkey(passkey: Passkey, *, by: User, now: datetime) -> None:
    """Raises LastFactor: there is no phone and no other passkey."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)
        others = Passkey.objects.filter(user=by).exclude(pk=passkey.pk).exists()
        if not others and confirmed_device(by) is None:
            raise LastFactor
        end_all_shifts(now=now, proof=passkey.persistent_id)
        key = passkey.pk
        passkey.delete()
        record(Event.PASSKEY_REMOVE, by=by, on=("passkey", key))


def remove_phone(phone: TotpDevice, *, by: User, now: datetime) -> None:
    """Raises LastFactor: there is no passkey."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)
        if not Passkey.objects.filter(user=by).exists():
            raise LastFactor
        end_all_shifts(now=now, proof=phone.persistent_id)
        phone.delete()
        record(Event.PHONE_REMOVE, by=by, on=("user", by.pk))


def _checked(user: User, answer: str, *, challenge: bytes, site: Site, now: datetime) -> Passkey:
    """With the row locked: of two answers with one count, the second is a copy's. Raises WrongPasskey."""
    credential = _read(lambda: webauthn.helpers.parse_authentication_credential_json(answer))
    with transaction.atomic():
        known = Passkey.objects.select_for_update(of=("self",)).filter(user=user)
        passkey: Passkey | None = known.filter(digest=_digest(credential.raw_id)).first()
        if passkey is None:
            raise WrongPasskey
        key, count = passkey.public_key, passkey.sign_count
        signed = _read(
            lambda: webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=key,
                credential_current_sign_count=count,
                require_user_verification=True,
            )
        )
        Passkey.objects.filter(pk=passkey.pk).update(
            sign_count=signed.new_sign_count, backed_up=signed.credential_backed_up, used_at=now
        )
    return passkey


def _read(read: Callable[[], T]) -> T:
    """Raises WrongPasskey."""
    try:
        return read()
    except UNREADABLE as error:
        raise WrongPasskey from error


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[TRANSPORTS[each] for each in passkey.transports if each in TRANSPORTS],
        )
        for passkey in passkeys_of(user)
    ]


def _digest(credential_id: bytes) -> str:
    return fingerprint("team.passkey", credential_id)
