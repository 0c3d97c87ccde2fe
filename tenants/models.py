"""The public schema: pharmacies, their hosts, and when each wants to be woken. No patient, no person, no message."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class PharmacyState(models.TextChoices):
    ACTIVE = "active", "En service"
    SUSPENDED = "suspended", "Suspendue"


class Pharmacy(TenantMixin):
    """One officine. Read before the switch: from inside a pharmacy this table cannot be read."""

    auto_create_schema = False

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    finess = models.CharField(max_length=9, unique=True)
    address = models.CharField(max_length=200, blank=True)
    accent = models.CharField(max_length=7, blank=True)
    state = models.CharField(max_length=12, choices=PharmacyState, default=PharmacyState.ACTIVE)
    # False from a failed migration to the next good one: a half-migrated pharmacy is not served.
    schema_current = models.BooleanField(default=True)
    sealed_keyring = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def served(self) -> bool:
        return self.state == PharmacyState.ACTIVE and self.schema_current

    @staticmethod
    def schema_for(pharmacy_id: UUID) -> str:
        return f"t_{pharmacy_id.hex}"


class DomainKind(models.TextChoices):
    TEAM = "team", "Portail"
    CONTENT = "content", "Contenus des messages"


class Domain(DomainMixin):
    """A host, and which pharmacy answers there. Looked up exactly: no wildcard, no `www.` taken off."""

    kind = models.CharField(max_length=8, choices=DomainKind, default=DomainKind.TEAM)


class Tally(models.Model):
    """How much of something all pharmacies together took in a window. Written by `take_share`, an SQL function."""

    what = models.CharField(max_length=40, primary_key=True)
    n = models.BigIntegerField()
    window_ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.what} {self.n}"


class Recording(models.Model):
    """What the migrations say to make a pharmacy's tables, to be said again (tenants/recording.py). The owner's."""

    digest = models.CharField(max_length=64, primary_key=True)
    script = models.TextField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest


class Wakeup(models.Model):
    """That a pharmacy has something due. Written by `wake`, read by `claim_due`, both SQL functions."""

    pharmacy = models.ForeignKey(Pharmacy, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=40)
    due_at = models.DateTimeField(db_index=True)
    # What was asked for while a claim runs; `rest` puts it back into due_at when the claim is done.
    wanted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pharmacy", "what"], name="wakeup_once")]

    def __str__(self) -> str:
        return f"{self.what} {self.due_at:%H:%M:%S}"
