"""A handover as it was signed: its content never changes after, its second signature comes once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox
from portal.vault.fields import SealedJSONField, SealedQuerySet, SealedTextField


class Group(models.TextChoices):
    """Why a line is there. A conversation stands once, under the first that holds, in this order."""

    FAILED = "failed", "Envois échoués ou incertains"
    UNOPENED = "unopened", "Non ouverts depuis 30 minutes"
    PRESCRIBER = "prescriber", "En attente du prescripteur"
    PATIENT = "patient", "En attente du patient"
    READY = "ready", "Ordonnances prêtes, non retirées"


class HandoverQuerySet(SealedQuerySet["Handover"]):
    def unsigned(self) -> HandoverQuerySet:
        """The one that waits for its second signature: none or one."""
        return self.filter(taken_at=None, replaced_at=None)

    def with_people(self) -> HandoverQuerySet:
        return self.select_related("left_by", "taken_by")


class Handover(models.Model):
    """Signed by who leaves; by who comes, later, in a session of her own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Where it is counted while it waits; none in a pharmacy that has no shared mailbox yet.
    mailbox = models.ForeignKey(
        Mailbox, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    left_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    left_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)  # its author signed another before anybody countersigned
    # [{"group", "conversation", "prescription", "state", "kind", "since", "person": {"label", "address"}}, …]
    lines = SealedJSONField(label="handover.lines", default=list)
    word = SealedTextField(label="handover.word", blank=True, default="")
    digest = models.CharField(max_length=32)  # of both, under the pharmacy's key; the journal holds it too

    objects = HandoverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["taken_at"],
                condition=Q(taken_at=None, replaced_at=None),
                nulls_distinct=False,
                name="handover_one_unsigned",
            ),
            models.CheckConstraint(
                condition=Q(taken_by=None, taken_at=None)
                | (Q(taken_by__isnull=False, taken_at__isnull=False) & ~Q(taken_by=F("left_by"))),
                name="handover_two_people",
            ),
        ]
        indexes = [models.Index(fields=["-left_at"], name="handover_newest")]

    def __str__(self) -> str:
        return str(self.pk)
