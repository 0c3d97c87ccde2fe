"""The people of a pharmacy: accounts, second factors, single-use links, workstations, the one responsible person."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from django_otp.models import Device, DeviceManager, ThrottlingMixin
from django_otp.oath import TOTP

from portal.lib.ids import uuid7
from portal.vault.fields import SealedBytesField, SealedManager, SealedQuerySet, SealedTextField


class Role(models.TextChoices):
    TITULAIRE = "titulaire", "Pharmacien titulaire"
    ADJOINT = "adjoint", "Pharmacien adjoint"
    REMPLACANT = "remplacant", "Pharmacien remplaçant"
    PREPARATEUR = "preparateur", "Préparateur"
    ETUDIANT = "etudiant", "Étudiant"


PHARMACISTS = (Role.TITULAIRE, Role.ADJOINT, Role.REMPLACANT)


class UserManager(BaseUserManager["User"], SealedManager["User"]):
    """Accounts; created by an invitation, never by signing up."""


class User(AbstractBaseUser):
    """One person in one pharmacy. Somebody who works in two pharmacies has an account in each."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sign_in_name = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=12, choices=Role)
    rpps = models.CharField(max_length=11, blank=True)
    # The line under what this person writes; empty, the name and the role.
    signature = models.CharField(max_length=100, blank=True, default="", db_default="")
    active = models.BooleanField(default=True)
    active_until = models.DateField(null=True, blank=True)
    # The last day of which this person and the responsible one were told: once each.
    told_last_day = models.DateField(null=True, blank=True, editable=False)
    # Raised to end every session of this person at its next request.
    session_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    # The phone or passkey that was the second factor, on the person of a session (portal/team/login.py).
    proved_by: TotpDevice | Passkey | None = None

    USERNAME_FIELD = "sign_in_name"
    objects = UserManager()

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_pharmacist(self) -> bool:
        return self.role in PHARMACISTS

    @property
    def is_responsible(self) -> bool:
        return hasattr(self, "responsibility")

    def in_service(self, today: date) -> bool:
        """Whether this person works here today: a remplaçant's account may have a last day."""
        return self.active and (self.active_until is None or today <= self.active_until)


class AbsenceQuerySet(SealedQuerySet["Absence"]):
    def now(self) -> AbsenceQuerySet:
        """Those under way, on the database's clock."""
        return self.filter(begins__lte=Now(), ends__gt=Now())

    def to_come(self, now: datetime) -> AbsenceQuerySet:
        """What has not ended, the next one first."""
        return self.filter(ends__gt=now).order_by("begins", "ends")


class Absence(models.Model):
    """From when until when somebody is away; at its beginning her open work went back to the team."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("begins")), name="absence_begins_before_it_ends"
            ),
            models.UniqueConstraint(fields=["user", "begins", "ends"], name="absence_once"),
        ]
        indexes = [models.Index(fields=["user", "ends"], name="absence_of_whom")]

    def __str__(self) -> str:
        return str(self.pk)


class Responsibility(models.Model):
    """The one person identified and qualified as responsible for the BAL: never none, never two.

    Moved by UPDATE alone; deferred triggers refuse a person who is inactive or no pharmacist.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    user = models.OneToOneField(User, on_delete=models.RESTRICT, related_name="responsibility")
    since = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["Responsibility"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_responsible_person")]

    def __str__(self) -> str:
        return str(self.user_id)


class NamedByUuid(models.Model):
    """A device of django-otp whose key is a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def persistent_id(self) -> str:
        """As django-otp reads it back: it takes the id for a number, which a UUID also is."""
        return f"{self._meta.label_lower}/{self.id.int}"

    @classmethod
    def key_in(cls, persistent_id: str) -> UUID | None:
        """The primary key in such a name; None when it names another kind of device."""
        label, _, number = persistent_id.rpartition("/")
        return UUID(int=int(number)) if label == cls._meta.label_lower and number.isdigit() else None


class TotpManager(DeviceManager, SealedManager["TotpDevice"]):
    """django-otp's questions, sealed fields' refusals."""


class TotpDevice(NamedByUuid, ThrottlingMixin, Device):
    """A time-based one-time password (RFC 6238) whose secret is sealed, unlike django-otp's own device."""

    STEP_SECONDS, DIGITS, TOLERANCE = 30, 6, 1
    MOST_COUNTED = 10  # failures: the wait doubles with each one, up to eight and a half minutes

    key = SealedBytesField(label="team.totp.key")
    last_t = models.BigIntegerField(default=-1)  # the last accepted step: a code is good once
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TotpManager] = TotpManager()

    def verify_token(self, token: str) -> bool:
        """Whether this is the code of now, or of half a minute around; once only.

        Call it with the row locked (`django_otp.verify_token` does so): two at once would both pass.
        """
        if not self.verify_is_allowed()[0]:
            return False
        step = self._step_of(token)
        if step is None:
            self.throttle_increment(commit=False)
            self.throttling_failure_count = min(self.throttling_failure_count, self.MOST_COUNTED)
        else:
            self.last_t = step
            self.throttle_reset(commit=False)
        self.save(update_fields=["last_t", "throttling_failure_count", "throttling_failure_timestamp"])
        return step is not None

    def get_throttle_factor(self) -> float:
        return 1

    def _step_of(self, token: str) -> int | None:
        if not (token.isascii() and token.isdigit() and len(token) == self.DIGITS):
            return None
        totp = TOTP(self.key, self.STEP_SECONDS, digits=self.DIGITS)
        totp.time = time.time()
        matched = totp.verify(int(token), self.TOLERANCE, self.last_t + 1)
        return int(totp.t()) if matched else None


class PasskeyManager(DeviceManager, SealedManager["Passkey"]):
    """django-otp's questions, sealed fields' refusals."""


class Passkey(NamedByUuid, Device):
    """A WebAuthn credential of one person at this pharmacy's host: a phone, a computer or a key that knows her.

    A device of django-otp like the phone's; what it signed is checked in portal/team/passkeys.py.
    """

    digest = models.CharField(max_length=64, unique=True)  # by which the credential's id is found
    credential_id = SealedBytesField(label="team.passkey.credential")
    public_key = SealedBytesField(label="team.passkey.key")
    sign_count = models.BigIntegerField(default=0)
    transports = models.JSONField(default=list)
    backed_up = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    objects: ClassVar[PasskeyManager] = PasskeyManager()


class RecoveryCode(models.Model):
    """One of ten codes (80 bits, hashed) that stand in for a lost phone, once each."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    objects = SealedManager["RecoveryCode"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return str(self.pk)


class LinkPurpose(models.TextChoices):
    INVITATION = "invitation", "Invitation"
    RESET = "reset", "Nouvel accès"


class AccessLink(models.Model):
    """A single-use link by which a person chooses a password: an invitation, or a new access after a loss."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_links")
    purpose = models.CharField(max_length=10, choices=LinkPurpose)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["AccessLink"]()

    def __str__(self) -> str:
        return str(self.pk)


class Attempt(models.Model):
    """A keyed counter of failed tries in a window: no name, no address in clear."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()

    objects = SealedManager["Attempt"]()

    def __str__(self) -> str:
        return str(self.count)


class Workstation(models.Model):
    """A browser at the counter that the responsible person enrolled: people may come back to it quickly."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)  # of the credential in the browser's cookie
    enrolled_by = models.ForeignKey(User, on_delete=models.RESTRICT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = SealedManager["Workstation"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at=None), name="workstation_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ShiftQuerySet(SealedQuerySet["Shift"]):
    def lasting(self, *, since: datetime) -> ShiftQuerySet:
        """Of people who may still come back with less than both factors; `since`: when the day began (shifts.py)."""
        return self.filter(
            ended_at=None,
            proved_at__gt=since,
            wrong__lt=Shift.MOST_WRONG,
            epoch=models.F("user__session_epoch"),
            user__active=True,
            workstation__revoked_at=None,
        )


class Shift(models.Model):
    """One person's day at one workstation: since when both factors are given there, and how she comes back.

    There is one row for the two of them; giving both factors again begins another day in it, and the PIN stays.
    """

    MOST_WRONG = 5  # PINs in a row

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workstation = models.ForeignKey(Workstation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shifts")
    proof = models.CharField(max_length=100)  # the device that gave the second factor, as django-otp names it
    proved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField()  # the person's session_epoch of then
    pin = SealedTextField(label="team.shift.pin", null=True)  # hashed, never the PIN itself
    wrong = models.PositiveSmallIntegerField(default=0)
    place = models.CharField(max_length=300, blank=True)  # the page that was left: ids, no word
    note = SealedTextField(
        label="team.shift.note", null=True
    )  # that was being written there, and not kept yet

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workstation", "user"], name="shift_once")]

    def __str__(self) -> str:
        return str(self.pk)
