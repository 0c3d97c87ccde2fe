"""The house's own words for what conversations are about: few, by name, in one of six colours."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import BooleanField, F, Func, OuterRef
from django.db.models.functions import JSONObject, Lower

from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager


class Colour(models.TextChoices):
    """Of a label: those of the visual guide, never without its name."""

    GREY = "grey", "Gris"
    GREEN = "green", "Vert"
    BLUE = "blue", "Bleu"
    VIOLET = "violet", "Violet"
    AMBER = "amber", "Ambre"
    RED = "red", "Rouge"


class Label(models.Model):
    """One word of the house's own for what a conversation is about; nothing of a patient."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=30)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.GREY)

    objects = SealedManager["Label"]()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="label_once")]

    def __str__(self) -> str:
        return str(self.pk)


def labels_of() -> ArraySubquery:
    """To be annotated as `labelled`, in the statement that loads conversations."""
    among = Func(
        F("pk"),
        OuterRef("labels"),
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )
    theirs = Label.objects.filter(among).order_by("name")
    return ArraySubquery(theirs.values(label=JSONObject(id="id", name="name", colour="colour")))
