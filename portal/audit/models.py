"""The journal's tables: rows chained, numbered and timed by a trigger; a pharmacy may only add and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import models

from portal.vault.fields import SealedManager

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(at_us: int) -> datetime:
    """The moment of an entry."""
    return EPOCH + timedelta(microseconds=at_us)


class ActorKind(models.TextChoices):
    PERSON = "person", "Personne"
    SYSTEM = "system", "Officinal"
    OPERATOR = "operator", "Exploitant"
    PATIENT = "patient", "Patient"


class Entry(models.Model):
    """One act: who, when, what, on which object, with what outcome. Never content, never a patient's word.

    `n`, `at_us` (microseconds since 1970, UTC), `previous` and `hash` are set by the trigger.
    """

    n = models.BigIntegerField(primary_key=True)
    at_us = models.BigIntegerField()
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    actor = models.UUIDField(null=True)
    event = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=20, blank=True)
    object_id = models.UUIDField(null=True)
    detail = models.CharField(max_length=200, blank=True)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    objects = SealedManager["Entry"]()

    class Meta:
        # The console's filters, newest first (reading.py).
        indexes = [
            models.Index(fields=["object_id", "n"], name="audit_by_object"),
            models.Index(fields=["actor", "n"], name="audit_by_actor"),
            models.Index(fields=["event", "n"], name="audit_by_event"),
            models.Index(fields=["at_us"], name="audit_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.n} {self.event}"


class Head(models.Model):
    """The end of the chain; written by the trigger alone."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    n = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=b"")
    # Whether a wake-up for the next anchor was asked for since the last one.
    anchor_due = models.BooleanField(default=False)

    objects = SealedManager["Head"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_one_head")]

    def __str__(self) -> str:
        return str(self.n)
