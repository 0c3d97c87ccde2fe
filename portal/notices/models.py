"""A notice: that somebody is told something, without saying what it is about. The row is the queue."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.lib.ids import uuid7
from portal.vault.fields import SealedQuerySet, SealedTextField


class NoticeKind(models.TextChoices):
    """What a notice says; the words of each are fixed (words.py), nobody types any."""

    PATIENT_ANSWER = "patient-answer", "Réponse à lire sur la page de suivi"
    PATIENT_READY = "patient-ready", "Demande prête"
    INVITATION = "invitation", "Invitation"
    NEW_ACCESS = "new-access", "Nouvel accès"
    LEAVING = "leaving", "Dernier jour proche"
    ANSWERS_HELD = "answers-held", "Réponses automatiques suspendues"
    COLLEAGUE_LEAVING = "colleague-leaving", "Dernier jour proche d’un collègue"


class NoticeState(models.TextChoices):
    QUEUED = "queued", "À envoyer"
    SENT = "sent", "Parti"
    FAILED = "failed", "Non parti"


class NoticeQuerySet(SealedQuerySet["Notice"]):
    def due(self) -> Self:
        """Those to send now, on the database's clock; the oldest first."""
        return self.filter(state=NoticeState.QUEUED, due_at__lte=Now()).order_by("due_at")


class Notice(models.Model):
    """One notice to one address. Address and link are forgotten once it has left, or was given up.

    While a worker has it, `due_at` is the end of its lease: should the worker die, it is due again then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=NoticeKind)
    state = models.CharField(max_length=8, choices=NoticeState, default=NoticeState.QUEUED)
    address = SealedTextField(label="notice.address", null=True)
    link = SealedTextField(label="notice.link", null=True)
    # Whom or what it is about: the id of a person, or of a patient's request.
    about = models.UUIDField(db_index=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_code = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(state="queued"), name="notice_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
