"""The second factor: enrol a phone, check its code, and the recovery codes that stand in for it or for a passkey."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import django_otp
from django.conf import settings
from django.db import transaction
from django.db.models import F

from portal.audit.actions import record
from portal.audit.events import Event
from portal.team import throttle
from portal.team.models import Passkey, RecoveryCode, TotpDevice, User
from portal.team.throttle import CODE, CODE_DAY
from portal.vault.index import fingerprint

KEY_BYTES = 20  # RFC 4226, 4: R6
RECOVERY_CODES, RECOVERY_BYTES = 10, 10
GROUP = 4


class WrongCode(Exception):
    """The code is not good, was used, or came too soon after a wrong one."""


class TooManyCodes(Exception):
    """Five tries in a quarter of an hour or twenty in a day were made."""


def confirmed_device(user: User) -> TotpDevice | None:
    return TotpDevice.objects.filter(user=user, confirmed=True).first()


def has_second_factor(user: User) -> bool:
    """Whether a phone or a passkey is asked for after the password."""
    return confirmed_device(user) is not None or Passkey.objects.filter(user=user).exists()


def pending_device(user: User) -> TotpDevice | None:
    """The phone being enrolled, whose secret is on screen."""
    return TotpDevice.objects.filter(user=user, confirmed=False).first()


def prepare_enrolment(user: User) -> TotpDevice:
    """Have a secret ready to be shown; it counts only once a code made from it was given."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        pending = pending_device(user)
        if pending is None:
            key = secrets.token_bytes(KEY_BYTES)
            pending = TotpDevice.objects.create(user=user, key=key, confirmed=False)
    return pending


def provisioning_uri(device: TotpDevice, *, pharmacy: str) -> str:
    """What the square contains, for authenticator applications; each pharmacy is an issuer of its own."""
    issuer = f"{settings.OTP_TOTP_ISSUER} {pharmacy}".replace(":", " ")
    label = quote(f"{issuer}:{device.user.sign_in_name}")
    values = {"secret": secret_text(device), "issuer": issuer, "digits": device.DIGITS}
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def secret_text(device: TotpDevice) -> str:
    """The secret in base32, for who cannot photograph the square."""
    return base64.b32encode(device.key).decode()


def confirm_enrolment(user: User, code: str, *, now: datetime) -> tuple[str, ...]:
    """The code of the new phone is good: it replaces any other. Gives ten fresh recovery codes.

    Every other session of this person ends.

    Raises:
        WrongCode: also when nothing is being enrolled.
        TooManyCodes: wait.
    """
    device = pending_device(user)
    if device is None:
        raise WrongCode
    take_try(user, now=now)
    _verify(user, device, code)
    with transaction.atomic():
        TotpDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
        TotpDevice.objects.filter(pk=device.pk).update(confirmed=True)
        codes = new_recovery_codes(user)
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        user.refresh_from_db(fields=["session_epoch"])
        throttle.forgive(CODE, str(user.pk))
        record(Event.SECOND_FACTOR_SET, by=user, on=("user", user.pk))
    device.confirmed = True
    return codes


def check_code(user: User, code: str, *, now: datetime) -> TotpDevice:
    """The phone that this code comes from.

    Raises:
        WrongCode: and it is in the journal.
        TooManyCodes: wait; a good code would be refused too.
    """
    take_try(user, now=now)
    device = confirmed_device(user)
    if device is None:
        raise WrongCode
    _verify(user, device, code)
    throttle.forgive(CODE, str(user.pk))
    return device


def use_recovery_code(user: User, code: str, *, now: datetime) -> TotpDevice | Passkey | None:
    """Spend a recovery code; of any number who give it at once, one passes. Gives what it stands in for.

    Raises:
        WrongCode: unknown or spent; it is in the journal.
        TooManyCodes: wait.
    """
    take_try(user, now=now)
    with transaction.atomic():
        unspent = RecoveryCode.objects.filter(user=user, digest=_recovery_digest(code), used_at=None)
        if unspent.update(used_at=now) == 1:
            throttle.forgive(CODE, str(user.pk))
            left = RecoveryCode.objects.filter(user=user, used_at=None).count()
            record(Event.RECOVERY_CODE_USED, by=user, on=("user", user.pk), detail=f"left={left}")
            return confirmed_device(user) or Passkey.objects.filter(user=user).first()
    record_failure(user, Event.SECOND_FACTOR_FAILED, "kind=recovery")
    raise WrongCode


def forget_second_factor(user: User) -> None:
    """Take phone, passkeys and recovery codes away, in the caller's transaction."""
    TotpDevice.objects.filter(user=user).delete()
    Passkey.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def take_try(user: User, *, now: datetime) -> None:
    """Count a try at a second factor, of whichever kind. Raises TooManyCodes."""
    tries = [throttle.take(limit, str(user.pk), now=now) for limit in (CODE, CODE_DAY)]
    if any(attempt.first_refusal for attempt in tries):
        record_failure(user, Event.THROTTLED, "kind=code")
    if not all(attempt.allowed for attempt in tries):
        raise TooManyCodes


def _verify(user: User, device: TotpDevice, code: str) -> None:
    typed = "".join(code.split())
    if django_otp.verify_token(user, device.persistent_id, typed) is None:
        record_failure(user, Event.SECOND_FACTOR_FAILED, "kind=totp")
        raise WrongCode


def record_failure(user: User, event: Event, detail: str) -> None:
    with transaction.atomic():
        record(event, by=user, on=("user", user.pk), detail=detail)


def new_recovery_codes(user: User) -> tuple[str, ...]:
    """Ten fresh ones instead of any other, in the caller's transaction."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_recovery_digest(code)) for code in codes)
    return codes


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def _recovery_digest(code: str) -> str:
    """Eighty random bits need no slow hash; the key keeps a stolen table useless all the same."""
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    return fingerprint("team.recovery-code", typed)
