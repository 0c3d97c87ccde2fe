"""Senders that the pharmacy wants apart: professionals' addresses alone, never a patient's."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox
from portal.vault.fields import SealedManager, SealedTextField


class BlockedSender(models.Model):
    """One address, in one mailbox; what it writes there is kept, filed apart and not counted (blocking.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)  # as Conversation.correspondent_fingerprint
    address = SealedTextField(label="blocked_sender.address")
    label = SealedTextField(label="blocked_sender.label", blank=True, default="")
    reason = SealedTextField(label="blocked_sender.reason")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["BlockedSender"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "fingerprint"], name="blocked_once")]

    def __str__(self) -> str:
        return str(self.pk)
