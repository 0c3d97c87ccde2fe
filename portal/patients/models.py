"""A patient, known by the INS of the address that Mon espace santé guarantees."""

from __future__ import annotations

from django.db import models

from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager, SealedTextField


class InsStatus(models.TextChoices):
    """RNIV: only `qualifiee` may label data that leaves (mssante 3.1)."""

    PROVISOIRE = "provisoire", "INS provisoire"
    RECUPEREE = "recuperee", "INS récupérée"
    VALIDEE = "validee", "Identité validée"
    QUALIFIEE = "qualifiee", "INS qualifiée"


class Patient(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ins_fingerprint = models.CharField(max_length=64, unique=True, null=True)
    ins_status = models.CharField(max_length=10, choices=InsStatus, default=InsStatus.PROVISOIRE)
    ins_oid = models.CharField(max_length=40, blank=True)
    ins = SealedTextField(label="patient.ins", blank=True, default="")
    # What the address's label says; it proves nothing (mssante 3.3).
    display_name = SealedTextField(label="patient.display_name", blank=True, default="")
    birth_name = SealedTextField(label="patient.birth_name", blank=True, default="")
    first_names = SealedTextField(label="patient.first_names", blank=True, default="")
    birth_date = SealedTextField(label="patient.birth_date", blank=True, default="")
    phone = SealedTextField(label="patient.phone", blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SealedManager["Patient"]()

    def __str__(self) -> str:
        return str(self.pk)
