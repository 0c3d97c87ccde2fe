"""The public form: what it says, the requests made by it, and their pages."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from portal.conversations.models import Conversation, Message
from portal.lib.ids import uuid7
from portal.outbound.models import Delivery, DeliveryState
from portal.prescriptions.models import Prescription
from portal.prescriptions.models import State as PrescriptionState
from portal.vault.blobs import BlobColumns
from portal.vault.fields import SealedJSONField, SealedManager, SealedQuerySet, SealedTextField


class Notice(models.Model):
    """One version of the information notice (RGPD, 13); never changed, so that what was accepted can be shown."""

    text = models.TextField()
    written_at = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["Notice"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="notice_says_something")]

    def __str__(self) -> str:
        return str(self.pk)


class Form(models.Model):
    """Whether the form is open, and its notice as it is now: one row, or none yet."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    open = models.BooleanField(default=False)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")

    objects = SealedManager["Form"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_form")]

    def __str__(self) -> str:
        return "open" if self.open else "closed"


class RequestState(models.TextChoices):
    OPEN = "open", "En cours de saisie"
    SUBMITTED = "submitted", "Envoyée"
    CANCELLED = "cancelled", "Annulée par le patient"


class RequestQuerySet(SealedQuerySet["Request"]):
    def being_filled(self, now: datetime) -> Self:
        """Those to which pages may still be added before they are sent."""
        return self.filter(state=RequestState.OPEN, expires_at__gt=now)

    def tracked(self, now: datetime) -> Self:
        """Those that were sent and whose patient may still follow them."""
        return self.exclude(state=RequestState.OPEN).filter(expires_at__gt=now)

    def forgotten(self, now: datetime) -> Self:
        """Those that were begun and never sent."""
        return self.filter(state=RequestState.OPEN, expires_at__lte=now)

    def to_be_told_ready(self) -> Self:
        """Whose prescription is ready, and whom nobody told yet."""
        ready = Prescription.objects.filter(
            conversation=OuterRef("conversation"), state=PrescriptionState.READY
        )
        return self._reachable().filter(Exists(ready), ready_told_at=None)

    def to_be_told_of_answers(self) -> Self:
        """Whose page shows an answer since they were last told of one."""
        told = Coalesce(OuterRef("answer_told_at"), OuterRef("submitted_at"))
        shown = Delivery.objects.filter(
            message__conversation=OuterRef("conversation"),
            to_page=True,
            state=DeliveryState.SENT,
            done_at__gt=told,
        )
        return self._reachable().filter(Exists(shown))

    def _reachable(self) -> Self:
        """Those whose patient left an address, and may still follow them."""
        return self.filter(state=RequestState.SUBMITTED, has_email=True, expires_at__gt=Now())


class Request(models.Model):
    """What one patient asks for. Until it is sent it holds pages alone; what is typed is stored when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    # Twelve figures that the patient is given; with the birth date they open the tracking page.
    reference = models.CharField(max_length=12, unique=True, null=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # unsent: then it is removed; sent: then it can no longer be followed
    submitted_at = models.DateTimeField(null=True)
    # {"birth_name", "first_name", "birth_date"}: what the patient says, which proves nothing.
    identity = SealedJSONField(label="intake_request.identity", default=dict)
    contact = SealedJSONField(label="intake_request.contact", default=dict)  # {"phone", "email"}
    remark = SealedTextField(label="intake_request.remark", blank=True, default="")
    wish = SealedJSONField(label="intake_request.wish", default=dict)  # {"when", "day"}
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="+")
    consent_at = models.DateTimeField(null=True)
    conversation = models.OneToOneField(
        Conversation, null=True, on_delete=models.PROTECT, related_name="request"
    )
    has_email = models.BooleanField(default=False)
    ready_told_at = models.DateTimeField(null=True)
    answer_told_at = models.DateTimeField(
        null=True
    )  # answers shown later than this, the patient knows nothing of
    # Where it is followed: the pharmacy's own public page, the same for everybody.
    page = models.CharField(max_length=300, blank=True, default="")

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open")
                | Q(
                    reference__isnull=False,
                    submitted_at__isnull=False,
                    notice__isnull=False,
                    consent_at__isnull=False,
                    conversation__isnull=False,
                ),
                name="request_sent_whole",
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="request_forgotten"),
            models.Index(
                fields=["id"],
                condition=Q(state="submitted", has_email=True, ready_told_at=None),
                name="request_to_tell",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Upload(BlobColumns):
    """One file of a request, as the patient sent it: served to the team out of here, and to the patient never."""

    blob_label: ClassVar[str] = "intake_upload.bytes"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="uploads")
    kind = models.CharField(max_length=10)  # by content, from portal/documents/sniff.py
    pages = models.PositiveSmallIntegerField(default=1)
    received_at = models.DateTimeField()
    # The message that it came with, once it was sent.
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SealedManager["Upload"]()

    class Meta(BlobColumns.Meta):
        constraints = [
            *BlobColumns.Meta.constraints,
            # The same page chosen twice, or sent again by a slow telephone, is one page.
            models.UniqueConstraint(fields=["request", "digest"], name="upload_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
