"""Senders that the pharmacy wants apart: professionals' addresses alone, never a patient's."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager, SealedTextField


class BlockedSender(models.Model):
    """One address; what it writes is kept, filed apart and not counted (portal/conversations/blocking.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fingerprint = models.CharField(max_length=64, unique=True)  # as Conversation.correspondent_fingerprint
    address = SealedTextField(label="blocked_sender.address")
    label = SealedTextField(label="blocked_sender.label", blank=True, default="")
    reason = SealedTextField(label="blocked_sender.reason")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["BlockedSender"]()

    def __str__(self) -> str:
        return str(self.pk)
