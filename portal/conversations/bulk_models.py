"""What was done to several conversations at once, kept so that it can be taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager


class BatchAct(models.TextChoices):
    ASSIGN = "assign", "Attribuer"
    FINISH = "finish", "Terminer"
    UNREAD = "unread", "Marquer comme non lu"
    LATER = "later", "Remettre à plus tard"
    MERGE = "merge", "Réunir"
    SPLIT = "split", "Séparer"
    LABEL = "label", "Étiqueter"


# Of two conversations, or of one: shown and taken back there (portal/records/joining.py, splitting.py).
OF_ONE = (BatchAct.MERGE, BatchAct.SPLIT)


class Batch(models.Model):
    """One act on the rows that somebody ticked. Ids, versions, states and codes alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=8, choices=BatchAct)
    at = models.DateTimeField()
    # Of each conversation that was changed: its id, the version it has since, and how it stood before.
    done = models.JSONField(default=list)
    # [id, why] of each that was left out; after an undo, of each that could not be taken back.
    left = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    objects = SealedManager["Batch"]()

    def __str__(self) -> str:
        return str(self.pk)
