"""What the pharmacy says of itself: one row for each stretch in which the door is open, and one with where it is."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from portal.vault.fields import SealedManager


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
