"""What concerns one person: somebody named her, gave her something, or what she did came to nothing."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox
from portal.vault.fields import SealedQuerySet


class ConcernKind(models.TextChoices):
    MENTION = "mention", "Mention"
    ASSIGNED = "assigned", "Confié"
    SENT_BACK = "sent-back", "Renvoyé"
    STOPPED = "stopped", "Envoi arrêté"
    FAILED = "failed", "Envoi échoué"
    RETURNED = "returned", "De retour"


class ConcernQuerySet(SealedQuerySet["Concern"]):
    def of(self, user_id: object) -> Self:
        """This person's, in the mailboxes that she sees now."""
        return self.filter(user=user_id, mailbox__in=Mailbox.objects.seen_by(user_id).values("id"))

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Concern(models.Model):
    """One row for a person and a conversation (or a draft that is in none): what is new there for her.

    Ids and codes alone; what it is about is read in the conversation, through its own door.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(
        "conversations.Conversation", null=True, on_delete=models.CASCADE, related_name="+"
    )
    about = models.UUIDField()  # the conversation, or the draft
    # What happened since it was last read, the last one last; and who did that.
    kinds = ArrayField(models.CharField(max_length=10, choices=ConcernKind), default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "about"], name="concern_once")]
        indexes = [
            models.Index(fields=["user", "-at"], name="concern_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="concern_unread"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
