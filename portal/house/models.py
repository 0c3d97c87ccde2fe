"""What the pharmacy says of itself: when the door is open, where it is; and the screens on its walls."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager, SealedQuerySet


class Weekday(models.IntegerChoices):
    MONDAY = 0, "lundi"
    TUESDAY = 1, "mardi"
    WEDNESDAY = 2, "mercredi"
    THURSDAY = 3, "jeudi"
    FRIDAY = 4, "vendredi"
    SATURDAY = 5, "samedi"
    SUNDAY = 6, "dimanche"


class OpeningHours(models.Model):
    """From `opens` to `closes` on the clock of Paris; a day without a row is a day off."""

    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    objects = SealedManager["OpeningHours"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["weekday", "opens"], name="opening_once"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="opens_before_it_closes"),
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="opening_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}-{self.closes:%H:%M}"


class PeriodKind(models.TextChoices):
    GARDE = "garde", "Garde"
    EXTRA = "extra", "Ouverture exceptionnelle"
    CLOSED = "closed", "Fermeture"


class PeriodQuerySet(SealedQuerySet["Period"]):
    def to_come(self, now: datetime) -> PeriodQuerySet:
        """What has not ended, the next one first."""
        return self.filter(ends__gt=now).order_by("begins", "ends")


class Period(models.Model):
    """From one moment to another, the week does not hold: closed, or open besides. A garde is open whatever else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=6, choices=PeriodKind)
    begins = models.DateTimeField()
    ends = models.DateTimeField()

    objects = PeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="period_begins_before_it_ends"),
            models.UniqueConstraint(fields=["kind", "begins", "ends"], name="period_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.begins:%Y-%m-%d %H:%M}"


class HolidayRule(models.Model):
    """Whether the door stays shut on public holidays, and which these are: one row, else as it is made here."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    closed = models.BooleanField(default=True)
    alsace_moselle = models.BooleanField(default=False)

    objects = SealedManager["HolidayRule"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_holidays")]

    def __str__(self) -> str:
        return str(self.pk)


class Details(models.Model):
    """Where the pharmacy is and how to call it: one row, written by the responsible person."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    address = models.CharField(max_length=200)
    phone = models.CharField(max_length=30, blank=True)

    objects = SealedManager["Details"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_details")]

    def __str__(self) -> str:
        return str(self.pk)


class Display(models.Model):
    """A wall screen behind the counter: whoever has its link sees how many messages wait, and for how long."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)  # of what stands in its address
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, related_name="+")
    renewed_at = models.DateTimeField()  # the link's age
    seen_at = models.DateTimeField(null=True)  # when it last asked
    revoked_at = models.DateTimeField(null=True)

    objects = SealedManager["Display"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(revoked_at=None), name="display_name_once")
        ]

    def __str__(self) -> str:
        return self.name
