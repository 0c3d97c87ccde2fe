"""A notice: that somebody is told something, without saying what it is about. The row is the queue.

And the ladder by which people are told of what waits: after how long, who, by which way, and how far it came.
"""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager, SealedQuerySet, SealedTextField


class NoticeKind(models.TextChoices):
    """What a notice says; the words of each are fixed (words.py), nobody types any."""

    PATIENT_ANSWER = "patient-answer", "Réponse à lire sur la page de suivi"
    PATIENT_READY = "patient-ready", "Demande prête"
    INVITATION = "invitation", "Invitation"
    NEW_ACCESS = "new-access", "Nouvel accès"
    LEAVING = "leaving", "Dernier jour proche"
    ANSWERS_HELD = "answers-held", "Réponses automatiques suspendues"
    COLLEAGUE_LEAVING = "colleague-leaving", "Dernier jour proche d’un collègue"
    UNOPENED = "unopened", "Messages de patients non ouverts"
    FAULT = "fault", "Panne de la BAL"
    UNSENT = "unsent", "Envois échoués ou à vérifier"
    UNREADABLE = "unreadable", "Messages illisibles en quarantaine"
    TRIAL = "trial", "Avis d’essai"


# What the ladder says (ladder.py): it is about somebody of the team, and soon no news any more.
ALERTS = (NoticeKind.UNOPENED, NoticeKind.FAULT, NoticeKind.UNSENT, NoticeKind.UNREADABLE)


class Way(models.TextChoices):
    EMAIL = "email", "e-mail"
    SMS = "sms", "SMS"


class NoticeState(models.TextChoices):
    QUEUED = "queued", "À envoyer"
    SENT = "sent", "Parti"
    FAILED = "failed", "Non parti"
    DROPPED = "dropped", "Sans objet"


class NoticeQuerySet(SealedQuerySet["Notice"]):
    def due(self) -> Self:
        """Those to send now, on the database's clock; the oldest first."""
        return self.filter(state=NoticeState.QUEUED, due_at__lte=Now()).order_by("due_at")


class Rung(models.IntegerChoices):
    """How far up the ladder: who is told after so many minutes of opening, and who after as many more."""

    DUTY = 1, "Personnes en service"
    HEAD = 2, "Responsable"


class Notice(models.Model):
    """One notice to one address. Address and link are forgotten once it has left, or was given up.

    While a worker has it, `due_at` is the end of its lease: should the worker die, it is due again then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=NoticeKind)
    state = models.CharField(max_length=8, choices=NoticeState, default=NoticeState.QUEUED)
    address = SealedTextField(label="notice.address", null=True)
    link = SealedTextField(label="notice.link", null=True)
    way = models.CharField(max_length=5, choices=Way, default=Way.EMAIL, db_default=Way.EMAIL)
    # Of the ladder: how many things it speaks of, and how far up it has come.
    n = models.PositiveSmallIntegerField(default=0, db_default=0)
    rung = models.PositiveSmallIntegerField(choices=Rung, null=True)
    # Whom or what it is about: the id of a person, or of a patient's request.
    about = models.UUIDField(db_index=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_code = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="notice_due"),
            models.Index(fields=["-created_at"], condition=Q(rung__isnull=False), name="notice_of_ladder"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Reach(models.Model):
    """How one person wants to be told when she is on duty; no row: not at all. Written by herself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    by_email = models.BooleanField(default=False)
    by_sms = models.BooleanField(default=False)
    email = SealedTextField(label="reach.email", null=True)
    mobile = SealedTextField(label="reach.mobile", null=True)

    objects = SealedManager["Reach"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(by_email=False) | Q(email__isnull=False), name="told_at_an_address"
            ),
            models.CheckConstraint(
                condition=Q(by_sms=False) | Q(mobile__isnull=False), name="told_at_a_number"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Ladder(models.Model):
    """After how many minutes of opening somebody is told: one row, else as it is made here; 0: nobody ever is."""

    MINUTES = 20

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    minutes = models.PositiveSmallIntegerField(default=MINUTES)
    # Who is told in place of the responsible person while she is away.
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = SealedManager["Ladder"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_ladder")]

    def __str__(self) -> str:
        return str(self.minutes)


class Cause(models.TextChoices):
    """What may wait for somebody."""

    UNOPENED = "unopened", "Message non ouvert"
    FETCH = "fetch", "BAL non relevée"
    SEND = "send", "BAL qui n’envoie plus"
    UNSENT = "unsent", "Envoi échoué ou à vérifier"
    UNREADABLE = "unreadable", "Message en quarantaine"


class Climb(models.Model):
    """One rung that was reached by one thing that waits since `since`: once, whoever was told then."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cause = models.CharField(max_length=10, choices=Cause)
    about = models.UUIDField()  # a conversation, or a mailbox
    since = models.DateTimeField()
    rung = models.PositiveSmallIntegerField(choices=Rung)
    at = models.DateTimeField()

    objects = SealedManager["Climb"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["about", "cause", "since", "rung"], name="climbed_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)
