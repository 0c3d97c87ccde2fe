"""The views of the inbox: what each is called, what it lists, and where its pages begin."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from django.urls import reverse

from portal.conversations.listing import Cursor, View
from portal.conversations.models import CounterKind
from portal.web.paths import path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FOUND = "recherche"


@dataclass(frozen=True, slots=True)
class Place:
    """One view: its path, its name, its list of conversations (some have their own) and what is counted beside it."""

    slug: str
    label: str
    view: View | None
    count: CounterKind | None = None
    alarm: bool = False
    in_menu: bool = True
    tag: UUID | None = None  # the one label whose view it is

    @property
    def url(self) -> str:
        if self.tag:
            return path("labelled", self.tag)
        return path("search") if self.slug == FOUND else _path_of(self.slug)


TO_DO = Place("a-traiter", "À traiter", View.OPEN, CounterKind.OPEN)
CONCERNS = Place("notifications", "Notifications", None, CounterKind.CONCERN)
PRESCRIPTIONS = Place("ordonnances", "Ordonnances", None, CounterKind.PRESCRIPTION)
REVIEW = Place("a-valider", "À valider", None, CounterKind.REVIEW)
SENT = Place("envoyes", "Envoyés", View.SENT, CounterKind.FAILED, alarm=True)
LABELS = Place("etiquettes", "Étiquettes", None)
QUARANTINE = Place("quarantaine", "Quarantaine", None, CounterKind.QUARANTINE, alarm=True)
# In no menu: led to from Quarantaine and from the console.
BLOCKED = Place("bloques", "Bloqués", View.BLOCKED, in_menu=False)
# No list of its own, and in no menu: what was found last.
SEARCH = Place(FOUND, "Recherche", None)
PLACES: Mapping[str, Place] = {
    place.slug: place
    for place in (
        TO_DO,
        CONCERNS,
        Place("a-moi", "À moi", View.MINE, CounterKind.MINE),
        Place("non-attribues", "Non attribués", View.UNASSIGNED, CounterKind.UNASSIGNED),
        Place("en-attente", "En attente", View.WAITING, CounterKind.WAITING),
        REVIEW,
        PRESCRIPTIONS,
        SENT,
        Place("termines", "Terminés", View.DONE),
        LABELS,
        QUARANTINE,
        BLOCKED,
    )
}


@cache
def _path_of(slug: str) -> str:
    return reverse("inbox_view", args=[slug])


class ViewConverter:
    """The views a path may name; any other word is a 404."""

    regex = "|".join(PLACES)

    def to_python(self, value: str) -> Place:
        return PLACES[value]

    def to_url(self, value: str) -> str:
        return value


def place_named(slug: str | None) -> Place:
    """The list one came from (`?vue=`); anything else means « À traiter »."""
    if slug == FOUND:
        return SEARCH
    name, _, tag = (slug or "").partition(".")
    if name == LABELS.slug and tag:
        with suppress(ValueError):
            return place_of_label(UUID(tag))
    place = PLACES.get(slug or "", TO_DO)
    return TO_DO if place is QUARANTINE else place


def place_of_label(label_id: UUID) -> Place:
    """The view of one label: addresses hold its id, never its word."""
    return Place(f"{LABELS.slug}.{label_id.hex}", "l’étiquette", None, tag=label_id)


def conversation_url(conversation_id: UUID, place: Place) -> str:
    url = path("conversation", conversation_id)
    return url if place is TO_DO else f"{url}?vue={place.slug}"


def write_cursor(cursor: Cursor) -> str:
    """A place in a list as microseconds and an id, for an address."""
    return f"{(cursor.at - EPOCH) // MICROSECOND}.{cursor.id.hex}"


def read_cursor(text: str | None) -> Cursor | None:
    """The other way round; whatever is not one means the beginning."""
    at, _, row = (text or "").partition(".")
    try:
        return Cursor(EPOCH + int(at) * MICROSECOND, UUID(row))
    except (ValueError, OverflowError):
        return None
