"""Reference data in `public`, the same for every pharmacy: read by all, written by the owner alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q, Value


class TrustedDomain(models.Model):
    """A domain of the MSSanté trust space (the white list; mssante 2.7)."""

    domain = models.CharField(max_length=253, primary_key=True)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.domain


class Lexemes(Func):
    """The words of a column as PostgreSQL indexes them: no dictionary, no extension, the same at every server."""

    template = "array_to_tsvector(string_to_array(btrim(%(expressions)s), ' '))"
    output_field = SearchVectorField()


class EntryKind(models.TextChoices):
    """Type of a BAL in the Annuaire Santé (mssante 1.1); a kind that comes later is kept as it is written."""

    PERSON = "PER", "Personnelle"
    SHARED = "ORG", "Organisationnelle"
    SOFTWARE = "APP", "Applicative"
    PRACTICE = "CAB", "Cabinet"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads; `words` are folded, as portal/directory/words.py makes them."""

    def indexed(self, lexemes: Sequence[str]) -> Self:
        """Those that have all of these, each as PostgreSQL reads it in a tsquery: by the index alone."""
        met = Func(
            Lexemes("words"),
            Value(" & ".join(lexemes)),
            template="%(expressions)s::tsquery",
            arg_joiner=" @@ ",
            output_field=models.BooleanField(),
        )
        return self.filter(met)

    def holding(self, beginnings: Iterable[str]) -> Self:
        """Those that hold a word with each of these beginnings: by looking at every row that is left."""
        met = Q()
        for beginning in beginnings:
            met &= Q(words__contains=f" {beginning}")
        return self.filter(met)

    def numbered(self, first: int, last: int) -> Self:
        """Those of a department, or of any other stretch of the table: they lie side by side."""
        return self.filter(id__range=(first, last))

    def known_as(self, addresses: Collection[str]) -> Self:
        """Those with one of these addresses, in lower case."""
        return self.filter(address__in=addresses).order_by("id")


class Entry(models.Model):
    """One line of the national directory: a mailbox, whose it is and where. An address may have several lines.

    Never written through this class: a day's file is loaded into a new table that takes this one's place
    (portal/directory/loading.py), so nothing may refer to a row.
    """

    id = models.IntegerField(primary_key=True)
    address = models.CharField(max_length=254)
    kind = models.CharField(max_length=8)
    title = models.CharField(max_length=20)
    last_name = models.CharField(max_length=200)
    first_name = models.CharField(max_length=200)
    rpps = models.CharField(max_length=40)
    profession = models.CharField(max_length=200)
    speciality = models.CharField(max_length=300)
    structure = models.CharField(max_length=300)
    service = models.CharField(max_length=300)
    street = models.CharField(max_length=300)
    postcode = models.CharField(max_length=10)
    town = models.CharField(max_length=200)
    # What it is found by: ` martin sophie medecin … @58 `, each word once between spaces.
    words = models.TextField()
    # Of the line as it was published: what changed is found by it.
    digest = models.BigIntegerField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["address"], name="entry_address"),
            GinIndex(Lexemes("words"), fastupdate=False, name="entry_words"),
        ]

    def __str__(self) -> str:
        return self.address


class Reference(models.TextChoices):
    DIRECTORY = "directory", "Annuaire Santé"
    WHITELIST = "whitelist", "Liste blanche"


class LoadQuerySet(models.QuerySet["Load"]):
    def in_place(self, what: Reference) -> Self:
        """The load whose data are read now, if there is one: the newest that was not refused."""
        return self.filter(what=what, refused="").order_by("-id")[:1]

    def newest(self, what: Reference) -> Self:
        return self.filter(what=what).order_by("-id")[:1]


class Load(models.Model):
    """One file that was loaded, or refused; what was in place then stayed."""

    id = models.BigAutoField(primary_key=True)
    what = models.CharField(max_length=10, choices=Reference)
    at = models.DateTimeField()
    # When the file was published, where it says so.
    published_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)  # lines that could not be used
    refused = models.CharField(max_length=300, blank=True)  # why, in French
    # Beginnings of words that so many lines have that the index is of no use (portal/directory/search.py).
    common = models.JSONField(default=list)
    # The first and the last id of each department: rows are numbered in the order of their postcodes.
    areas = models.JSONField(default=dict)

    objects = LoadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["what", "-id"], name="load_newest")]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d}"
