"""What leaves: a draft, the frozen bytes of a delivery, and a state for each recipient (security 3.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now

from portal.conversations.models import Conversation, Message
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox, MailboxState
from portal.outbound.retry import GIVE_UP_AFTER
from portal.vault.blobs import BlobColumns
from portal.vault.fields import SealedJSONField, SealedManager, SealedQuerySet, SealedTextField


class ReplyTemplate(models.Model):
    """Words for patients, written once: who is no pharmacist sends them alone, once a pharmacist approved them.

    They are the house's own, and hold nothing of a patient: blanks such as `{heure}` are filled when they are used
    (portal/outbound/blanks.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    text = models.CharField(max_length=2000)
    version = models.PositiveIntegerField(default=1)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SealedManager["ReplyTemplate"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="approved_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DraftState(models.TextChoices):
    OPEN = "open", "Brouillon"
    SUBMITTED = "submitted", "À valider"
    SCHEDULED = "scheduled", "Envoi prévu"
    SENT = "sent", "Envoyé"
    DISCARDED = "discarded", "Abandonné"


class Draft(models.Model):
    """Unfinished words, kept on the server and never expiring; `version` is raised by each save.

    A sent draft stays until its delivery has left, so that an undone or failed one gives everything back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="+")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.PROTECT, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="drafts")
    # The message that it forwards, in another conversation; it begins one of its own.
    forwards = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=DraftState, default=DraftState.OPEN)
    version = models.PositiveIntegerField(default=1)
    recipients = SealedJSONField(label="draft.recipients", default=list)  # as they were typed
    subject = SealedTextField(label="draft.subject", blank=True, default="")
    text = SealedTextField(label="draft.text", blank=True, default="")
    # Words from a template: what its blanks are filled with, and the free words that it stands before.
    template = models.ForeignKey(ReplyTemplate, null=True, on_delete=models.SET_NULL, related_name="+")
    blanks = SealedJSONField(label="draft.blanks", null=True)
    aside = SealedTextField(label="draft.aside", null=True)
    # What it is signed with, from when it is out of its author's hands (portal/outbound/signing.py).
    signature = SealedTextField(label="draft.signature", null=True)
    # When it was put before a pharmacist, by its author or by whoever took it back before it left.
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # When it was last given back to its author, and why: by a pharmacist, or by nobody when its sending stopped.
    returned_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    return_note = SealedTextField(label="draft.return_note", null=True)
    # When it is to leave, who said so and when; what came into its conversation after `seen_version` stops it.
    leaves_at = models.DateTimeField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    seen_version = models.PositiveIntegerField(null=True)
    # When an earlier version was last kept, and when its author last had the pen (portal/outbound/versions.py, pen.py).
    kept_at = models.DateTimeField(null=True)
    pen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SealedManager["Draft"]()

    class Meta:
        constraints = [
            # One open draft of a person in a conversation: a second tab finds the first one's words.
            models.UniqueConstraint(
                fields=["conversation", "author"],
                condition=Q(state="open", conversation__isnull=False),
                name="one_open_draft_each",
            )
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="draft_submitted"),
            models.Index(fields=["leaves_at"], condition=Q(state="scheduled"), name="draft_scheduled"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DraftVersion(models.Model):
    """What a draft said at one moment, `at`, in the version that it then had."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    recipients = SealedJSONField(label="draft_version.recipients", default=list)
    subject = SealedTextField(label="draft_version.subject", blank=True, default="")
    text = SealedTextField(label="draft_version.text")

    objects = SealedManager["DraftVersion"]()

    def __str__(self) -> str:
        return str(self.pk)


class DraftFile(BlobColumns):
    """A file chosen for a draft; it goes once the draft has left, for the sent bytes hold it."""

    blob_label: ClassVar[str] = "draft_file.bytes"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    name = SealedTextField(label="draft_file.name")
    kind = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["DraftFile"]()

    class Meta(BlobColumns.Meta):
        pass

    def __str__(self) -> str:
        return str(self.pk)


class DeliveryState(models.TextChoices):
    """security 3.1; moved by portal/outbound/states.py alone."""

    QUEUED = "queued", "En attente"
    CLAIMED = "claimed", "En cours d’envoi"
    HANDOVER = "handover", "Remise en cours"
    SENT = "sent", "Accepté par l’opérateur"
    RETRY_WAIT = "retry_wait", "Nouvel essai prévu"
    FAILED = "failed", "Non parti"
    UNCERTAIN = "uncertain", "À vérifier"
    SENT_CONFIRMED = "sent_confirmed", "Envoi confirmé"
    RESENT = "resent", "Renvoyé"
    ABANDONED = "abandoned", "Abandonné"
    CANCELLED = "cancelled", "Annulé"


class DeliveryQuerySet(SealedQuerySet["Delivery"]):
    def due(self) -> Self:
        """Those a worker may claim now, on the database's clock; oldest first.

        A mailbox that is paused, or stopped by a fault of its own until its next try, holds its mail back; what
        has waited too long is due all the same, to be given up. What is for a tracking page waits for no operator.
        """
        in_service = Q(mailbox__state=MailboxState.ACTIVE)
        stopped = Q(mailbox__send_retry_at__gt=Now())
        overdue = Q(give_up_at__lte=Now())
        return self.filter(
            (in_service & ~stopped) | overdue | Q(to_page=True),
            state=DeliveryState.QUEUED,
            next_at__lte=Now(),
        ).order_by("next_at")

    def held_up(self, *, for_at_least: timedelta) -> Self:
        """Those that should have left so long ago and that no answer of an operator holds back.

        The time to give up counts from the moment to leave, which no attempt moves.
        """
        begun = Q(state="queued") | Q(state="claimed")
        too_late = Q(give_up_at__lte=Now() + (GIVE_UP_AFTER - for_at_least))
        forgotten = Q(state="retry_wait", next_at__lte=Now() - for_at_least)
        return self.filter((begun & too_late) | forgotten)

    def waiting_by_mailbox(self) -> dict[UUID, int]:
        """How many of each mailbox have not left yet and still may."""
        waiting = ("queued", "claimed", "handover", "retry_wait")
        rows = self.filter(state__in=waiting).values_list("mailbox").annotate(n=Count("id")).order_by()
        return dict(rows)


class Delivery(BlobColumns):
    """One submission of frozen bytes. The blob is the RFC 5322 message exactly as it leaves.

    Its id is the envelope id (RFC 3461 ENVID) that a report brings back.
    """

    blob_label: ClassVar[str] = "delivery.raw"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="deliveries")
    # Null once it was undone before anybody had it: the conversation then shows nothing that was not sent.
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="deliveries")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    draft = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="+")
    # For the tracking page of a request of the form: no server is asked.
    to_page = models.BooleanField(default=False, db_default=False)
    # Sent by the browser with the form: a double click finds the row of the first one.
    idempotency_key = models.UUIDField(unique=True)
    state = models.CharField(max_length=14, choices=DeliveryState, default=DeliveryState.QUEUED)
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    give_up_at = models.DateTimeField()  # health mail is useless after a day
    queued_at = models.DateTimeField()
    handover_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_code = models.CharField(max_length=30, blank=True)  # SMTP code, or a fault's code

    objects = DeliveryQuerySet.as_manager()

    class Meta(BlobColumns.Meta):
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="queued"), name="delivery_due"),
            models.Index(
                fields=["lease_until"], condition=Q(state__in=["claimed", "handover"]), name="delivery_leased"
            ),
            models.Index(fields=["next_at"], condition=Q(state="retry_wait"), name="delivery_to_retry"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RecipientState(models.TextChoices):
    PENDING = "pending", "En attente"
    ACCEPTED = "accepted", "Accepté par l’opérateur"
    DELAYED = "delayed", "Retardé"
    DELIVERED = "delivered", "Remis"
    FAILED = "failed", "Non remis"
    UNCERTAIN = "uncertain", "À vérifier"
    CANCELLED = "cancelled", "Annulé"


class Recipient(models.Model):
    """One recipient of one delivery, with a verdict of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="recipients")
    position = models.PositiveSmallIntegerField()
    address = SealedTextField(label="recipient.address")
    address_fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=RecipientState, default=RecipientState.PENDING)
    code = models.CharField(max_length=30, blank=True)  # SMTP code, or RFC 3463 status of a report
    answer = SealedTextField(label="recipient.answer", blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)  # when a DSN or MDN last spoke of this recipient

    objects = SealedManager["Recipient"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "position"], name="recipient_order")]
        indexes = [models.Index(fields=["address_fingerprint"], name="recipient_by_address")]

    def __str__(self) -> str:
        return str(self.pk)


class DeliveryEvent(models.Model):
    """Each move of a delivery from one state to another; only added to."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(db_default=Now())
    before = models.CharField(max_length=14)
    after = models.CharField(max_length=14)
    epoch = models.PositiveIntegerField()
    code = models.CharField(max_length=30, blank=True)

    objects = SealedManager["DeliveryEvent"]()

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
