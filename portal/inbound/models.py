"""The bytes of every message that arrived (architecture 6.1: bytes first), and which may be answered by itself."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from portal.conversations.models import Message
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox
from portal.vault.blobs import BlobColumns
from portal.vault.fields import SealedManager, SealedQuerySet

NOT_FETCHED = "fetch-"  # and the fault's code: the operator did not hand these bytes out
TOO_BIG = "too-big"


class RawState(models.TextChoices):
    STORED = "stored", "À lire"
    FILED = "filed", "Classé"
    REPORT = "report", "Accusé"
    QUARANTINED = "quarantined", "En quarantaine"
    DISMISSED = "dismissed", "Écarté par une personne"


class RawMessageQuerySet(SealedQuerySet["RawMessage"]):
    """Reads. A list or a count never brings the bytes along."""

    def in_epoch(self, mailbox: Mailbox) -> Self:
        """Those that the operator numbers as it does today."""
        return self.filter(mailbox=mailbox, folder=mailbox.folder, uidvalidity=mailbox.uidvalidity)

    def earlier_epochs(self, mailbox: Mailbox) -> Self:
        """Those fetched before the operator renumbered the folder, and not recognised since."""
        fetched = self.filter(mailbox=mailbox, folder=mailbox.folder, uid__isnull=False)
        return fetched.exclude(uidvalidity=mailbox.uidvalidity)

    def without_bytes(self) -> Self:
        """Those in quarantine that the operator did not hand out, and might another day."""
        return self.filter(state=RawState.QUARANTINED, reason__startswith=NOT_FETCHED)

    def visible_to(self, user_id: object) -> Self:
        return self.filter(mailbox__in=Mailbox.objects.seen_by(user_id).values("id"))


class RawMessage(BlobColumns):
    """One message at the operator: identity is (mailbox, folder, UIDVALIDITY, UID), never Message-ID or hash.

    The blob is the only copy of what it says; attachments are served out of it. A message too big to fetch,
    or imported from a file, has no UID or no bytes: `reason` says so.
    """

    blob_label: ClassVar[str] = "raw_message.bytes"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="+")
    folder = models.CharField(max_length=100)
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField(null=True)  # null: imported from a file
    internal_date = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=RawState, default=RawState.STORED)
    reason = models.CharField(max_length=40, blank=True)  # a code such as no-from-header
    attempts = models.PositiveSmallIntegerField(default=0)
    parser_version = models.PositiveSmallIntegerField(default=0)
    stored_at = models.DateTimeField()
    message = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="raw")

    objects = RawMessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "folder", "uidvalidity", "uid"], name="raw_message_once"
            )
        ]
        indexes = [
            models.Index(fields=["digest"], name="raw_by_digest"),
            models.Index(fields=["stored_at", "id"], condition=Q(state="stored"), name="raw_to_process"),
            models.Index(
                fields=["-stored_at", "-id"], condition=Q(state="quarantined"), name="raw_in_quarantine"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AnsweringRule(models.Model):
    """What Officinal answers by itself, if anything: one row, the responsible person's own words, no patient's."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # While the pharmacy is closed.
    closed_on = models.BooleanField(default=False)
    closed_text = models.CharField(max_length=2000, blank=True)
    # To a patient who begins an exchange from Mon espace santé.
    receipt_on = models.BooleanField(default=False)
    receipt_text = models.CharField(max_length=2000, blank=True)

    objects = SealedManager["AnsweringRule"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_answering_rule")]

    def __str__(self) -> str:
        return str(self.pk)


class Outcome(models.TextChoices):
    """What became of a mail that might have been answered; the first three were."""

    CLOSED = "closed", "Réponse d’absence"
    RECEIPT = "receipt", "Accusé de réception"
    BOTH = "both", "Accusé de réception et réponse d’absence"
    OFF = "off", "Réglé autrement entre-temps"
    OPEN = "open", "La pharmacie est ouverte"
    ANSWERED = "answered", "Quelqu’un de l’équipe a répondu"
    RECENT = "recent", "Ce correspondant a eu une réponse il y a peu"
    CEILING = "ceiling", "Trop de réponses en une heure"
    ENDED = "ended", "L’échange est clos"
    REFUSED = "refused", "On ne peut pas écrire à cette adresse"


SAID = (Outcome.CLOSED, Outcome.RECEIPT, Outcome.BOTH)


class AutomaticAnswerQuerySet(SealedQuerySet["AutomaticAnswer"]):
    def undecided(self) -> Self:
        return self.filter(decided_at=None).order_by("fetched_at", "id")

    def sent_since(self, moment: datetime) -> Self:
        return self.filter(outcome__in=SAID, decided_at__gt=moment)


class AutomaticAnswer(models.Model):
    """One mail that a person wrote and that may be answered by itself, and what was decided: the row is the queue.

    Its id is the key of the delivery, so that no mail is answered twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    correspondent_fingerprint = models.CharField(max_length=64)
    begins_exchange = models.BooleanField()  # the first of a patient's, from Mon espace santé
    fetched_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    objects = AutomaticAnswerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["fetched_at", "id"], condition=Q(decided_at__isnull=True), name="answer_to_decide"
            ),
            models.Index(fields=["mailbox", "decided_at"], name="answer_by_hour"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
