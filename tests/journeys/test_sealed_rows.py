"""What the vault seals in the product's own tables: a flipped bit is found, a value moved elsewhere does not open."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models

from portal.conversations.models import Conversation
from portal.lib.ids import uuid7
from portal.outbound.actions import queue
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.files import attach_file
from portal.patients.models import Patient
from portal.vault.blobs import BlobColumns
from portal.vault.fields import SealedField
from portal.vault.keys import Unopenable
from tenants.context import inside
from tests.inbound.letters import LEA, TOM, letter
from tests.web.inbox_case import InboxTestCase

FLIPS = 1000


@dataclass(frozen=True)
class Place:
    """One sealed value: a column of a row, or the file that the row names."""

    model: type[models.Model]
    pk: Any
    column: str
    label: str
    read: Callable[[Any], object]

    def open(self) -> object:
        return self.read(self.model._default_manager.get(pk=self.pk))

    def held(self) -> bytes:
        return self.file.read_bytes() if self.file else self._value()

    def put(self, sealed: bytes) -> None:
        if self.file:
            self.file.write_bytes(sealed)
        else:
            self._update(sealed)

    @property
    def file(self) -> Path | None:
        return Path(settings.BLOB_ROOT) / str(self._value()) if self.column == "path" else None

    def _value(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {self.column} FROM {self.model._meta.db_table} WHERE id = %s", [self.pk])
            return cursor.fetchone()[0]

    def _update(self, sealed: bytes) -> None:
        with connection.cursor() as cursor:
            where = f"UPDATE {self.model._meta.db_table} SET {self.column} = %s WHERE id = %s"
            cursor.execute(where, [sealed, self.pk])


class SealedRows(InboxTestCase):
    """Mail came, small and large, was opened, answered, and a draft with a file lies there."""

    def setUp(self) -> None:
        super().setUp()
        large = random.Random(1).randbytes(100_000)
        files = {"petit.txt": ("text/plain", b"2 boites"), "grand.bin": ("application/octet-stream", large)}
        mails = [letter(f"Patient <{who}>", f"Pour {who}", f"Texte {who}", files=files) for who in (LEA, TOM)]
        self.receive(*mails, letter("Dr Petit <sylvain.petit@medecin-test.mssante.fr>"))
        for conversation in Conversation.objects.all():
            draft = start_reply(conversation, by=self.claire)
            said = {"version": draft.version, "recipients": draft.recipients, "subject": draft.subject}
            attach_file(draft, name="reponse.txt", content=b"oui", by=self.claire)
            draft = save_draft(draft, by=self.claire, text=f"Réponse {conversation.pk}", **said)
            if conversation.kind == "patient":
                queue(draft, by=self.claire, idempotency_key=uuid7(), version=conversation.version)
        self.places = list(sealed_places())

    def test_a_thousand_flipped_bits_are_all_found(self) -> None:
        chance = random.Random(5)
        self.assertGreater(len({place.label for place in self.places}), 15)
        for place in self.places:
            place.open()
        unnoticed = [
            place.label for place in chance.choices(self.places, k=FLIPS) if flipped_opens(place, chance)
        ]
        self.assertEqual(unnoticed, [])

    def test_values_that_changed_places_do_not_open(self) -> None:
        pairs = [
            (one, other)
            for one, other in combinations(self.places, 2)
            if not (one.file or other.file) and (one.label == other.label or one.pk == other.pk)
        ]
        self.assertGreater(len(pairs), 30)
        opened = [(one.label, other.label) for one, other in pairs if opens(one, other.held())]
        self.assertEqual(opened, [])

    def test_what_one_pharmacy_sealed_does_not_open_in_the_other(self) -> None:
        (place, *_) = [place for place in self.places if place.model is Patient]
        sealed = place.held()
        with inside(self.gare):
            Patient(pk=place.pk, ins_oid="1.2.250").save(force_insert=True)

            self.assertFalse(opens(place, sealed))


def sealed_places() -> Iterator[Place]:
    """Every sealed value that there is in the pharmacy we are in."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedField):
                full = model._default_manager.filter(**{f"{field.name}__isnull": False})
                for pk in full.values_list("pk", flat=True):
                    yield Place(model, pk, str(field.column), field.label, getting(field.attname))
        if issubclass(model, BlobColumns):
            for row in model._default_manager.exclude(size=None):
                column = "path" if row.path else "inline"
                yield Place(model, row.pk, column, f"{model.blob_label}.{column}", model.read_blob)


def getting(name: str) -> Callable[[Any], object]:
    return lambda row: getattr(row, name)


def flipped_opens(place: Place, chance: random.Random) -> bool:
    """Whether the value still opens with one bit of it changed."""
    sealed = bytearray(place.held())
    bit = chance.randrange(len(sealed) * 8)
    sealed[bit // 8] ^= 1 << bit % 8
    return opens(place, bytes(sealed))


def opens(place: Place, sealed: bytes) -> bool:
    """Whether these bytes open at that place, where its own are put back."""
    own = place.held()
    place.put(sealed)
    try:
        place.open()
    except Unopenable:
        return False
    finally:
        place.put(own)
    return True
