"""Sealed columns: they open in their place, and nowhere else."""

from __future__ import annotations

import pickle
import random
from typing import Any
from uuid import uuid4

from django import forms
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat, Lower
from django.db.models.query import QuerySet
from django.db.transaction import atomic

from portal.vault.fields import Sealed, SealedTextField
from portal.vault.keys import Unopenable, forget_keyrings, rotate_data_key
from tenants.context import NoPharmacy, inside, leave
from tests.vault.scratch import Answer, Letter, ScratchTestCase

SUBJECT, BODY = "Ordonnance de Mme Éloïse Lefèvre", "Bonjour, voici mon ordonnance. " * 40


class SealedTestCase(ScratchTestCase):
    letter: Letter

    def setUp(self) -> None:
        super().setUp()
        self.letter = Letter.objects.create(
            number=1, subject=SUBJECT, body=BODY, raw=b"\0\xff" * 200, people=[{"nom": "Lefèvre"}]
        )

    def again(self) -> Letter:
        return Letter.objects.get(pk=self.letter.pk)

    def column(self, name: str = "subject") -> bytes:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name} FROM vault_letter WHERE id = %s", [self.letter.pk])
            return bytes(cursor.fetchone()[0])

    def put(self, value: bytes, name: str = "subject") -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE vault_letter SET {name} = %s WHERE id = %s", [value, self.letter.pk])


class RoundTripTests(SealedTestCase):
    def test_every_kind_comes_back_as_it_went_in(self) -> None:
        again = self.again()

        self.assertEqual((again.subject, again.body), (SUBJECT, BODY))
        self.assertEqual((again.raw, again.people), (b"\0\xff" * 200, [{"nom": "Lefèvre"}]))

    def test_the_database_holds_no_word_and_long_text_takes_less_room(self) -> None:
        for name in ("subject", "body", "raw", "people"):
            self.assertNotIn("Lefèvre".encode(), self.column(name))
        self.assertLess(len(self.column("body")), len(BODY) / 4)

    def test_a_value_is_opened_when_it_is_read_and_only_once(self) -> None:
        again = self.again()
        self.assertIsInstance(again.__dict__["subject"], Sealed)

        self.assertIs(again.subject, again.subject)
        self.assertIsInstance(again.__dict__["body"], Sealed)

    def test_nothing_and_the_empty_text_are_not_the_same(self) -> None:
        Letter.objects.create(number=2)
        empty = Letter.objects.get(number=2)

        self.assertEqual((empty.subject, empty.body, empty.people), ("", None, []))

    def test_saving_seals_what_changed_and_leaves_the_rest_alone(self) -> None:
        before = self.column("body")
        again = self.again()
        again.subject = "Autre"
        again.save()

        self.assertEqual(self.again().subject, "Autre")
        self.assertEqual(self.column("body"), before)
        again.people.append({"nom": "Martin"})
        again.save(update_fields=["people"])
        self.assertEqual(len(self.again().people), 2)

    def test_the_usual_ways_to_read_all_work(self) -> None:
        Answer.objects.create(letter=self.letter)
        self.assertEqual(Letter.objects.defer("subject").get().subject, SUBJECT)
        self.assertEqual(Letter.objects.only("number").get().subject, SUBJECT)
        self.assertEqual(Answer.objects.select_related("letter").get().letter.subject, SUBJECT)
        self.assertEqual(Letter.objects.prefetch_related("answers").get().answers.get().letter.body, BODY)
        self.assertEqual([one.subject for one in Letter.objects.iterator()], [SUBJECT])
        self.assertEqual(Letter.objects.annotate(n=Count("answers")).get().subject, SUBJECT)
        self.assertEqual(Letter.objects.raw("SELECT * FROM vault_letter")[0].subject, SUBJECT)
        self.letter.refresh_from_db()
        self.assertEqual(self.letter.subject, SUBJECT)
        self.letter.refresh_from_db(fields=["subject"])
        self.assertEqual(self.letter.subject, SUBJECT)

    def test_many_are_created_at_once(self) -> None:
        Letter.objects.bulk_create([Letter(number=n, subject=f"n{n}") for n in (5, 6)])

        self.assertEqual([one.subject for one in Letter.objects.filter(number__gte=5)], ["n5", "n6"])

    def test_whether_there_is_a_value_may_be_asked(self) -> None:
        Letter.objects.create(number=2)

        self.assertEqual(Letter.objects.get(body__isnull=True).number, 2)
        self.assertEqual(Letter.objects.filter(body__isnull=False).count(), 1)
        self.assertEqual(Letter.objects.exclude(body__isnull=True).get().number, 1)
        self.assertFalse(Answer.objects.filter(letter__body__isnull=True).exists())

    def test_erasing_writes_null(self) -> None:
        Letter.objects.update(body=None)

        self.assertIsNone(self.again().body)

    def test_a_form_shows_and_takes_the_text(self) -> None:
        class LetterForm(forms.ModelForm):
            class Meta:
                model = Letter
                fields = ("subject",)

        self.assertEqual(LetterForm(instance=self.again()).initial, {"subject": SUBJECT})
        LetterForm({"subject": "Nouveau"}, instance=self.again()).save()
        self.assertEqual(self.again().subject, "Nouveau")

    def test_pickled_it_stays_sealed(self) -> None:
        letter = self.again()

        self.assertNotIn("Lefèvre".encode(), pickle.dumps(letter))
        thawed = pickle.loads(pickle.dumps(letter.__dict__["subject"]))  # noqa: S301
        letter.__dict__["subject"] = thawed
        self.assertEqual(letter.subject, SUBJECT)

    def test_what_was_sealed_before_a_rotation_opens_after_it(self) -> None:
        rotated = self.soleil
        rotated.sealed_keyring = rotate_data_key(rotated.id, bytes(rotated.sealed_keyring))
        with inside(rotated):
            again = self.again()
            self.assertEqual(again.subject, SUBJECT)
            again.save()
            self.assertEqual(self.column()[:2], b"\0\2")
            self.assertEqual(self.again().subject, SUBJECT)


class RefusedTests(SealedTestCase):
    def refused(self, *queries: Any) -> None:
        for query in queries:
            with self.assertRaises(FieldError), atomic():
                found = query()
                list(found) if isinstance(found, QuerySet) else found

    def test_looking_up_by_value(self) -> None:
        letters = Letter.objects
        self.refused(
            lambda: letters.filter(subject=SUBJECT),
            lambda: letters.filter(subject__icontains="x"),
            lambda: letters.filter(subject=None),
            lambda: letters.filter(people__nom="x"),
            lambda: letters.exclude(subject="x"),
            lambda: letters.filter(Q(number=1) | Q(subject="x")),
            lambda: letters.filter(number=F("subject")),
            lambda: letters.get_or_create(subject="x"),
            lambda: Answer.objects.filter(letter__subject="x"),
            lambda: (
                letters.in_bulk(["x"], field_name="subject") if False else letters.filter(subject__in=["x"])
            ),
        )

    def test_reading_without_the_object(self) -> None:
        self.refused(
            lambda: Letter.objects.values(),
            lambda: Letter.objects.values("subject"),
            lambda: Letter.objects.values_list("number", "subject"),
            lambda: Letter.objects.values(x=F("subject")),
            lambda: Letter.objects.filter(number=1).values_list("subject", flat=True),
            lambda: Answer.objects.values_list("letter__subject"),
        )

    def test_ordering_annotating_and_aggregating(self) -> None:
        self.refused(
            lambda: Letter.objects.order_by("subject"),
            lambda: Letter.objects.order_by("-subject"),
            lambda: Letter.objects.order_by(F("subject").desc()),
            lambda: Letter.objects.order_by(Lower("subject")),
            lambda: Answer.objects.order_by("letter__subject"),
            lambda: Letter.objects.annotate(x=F("subject")),
            lambda: Letter.objects.annotate(x=Concat("subject", Value("x"))),
            lambda: Letter.objects.alias(x=F("subject")),
            lambda: Letter.objects.aggregate(Max("subject")),
            lambda: Letter.objects.aggregate(n=Count("subject")),
            lambda: Answer.objects.annotate(x=F("letter__subject")),
            lambda: Answer.objects.annotate(
                x=Subquery(Letter.objects.filter(pk=OuterRef("letter")).values("subject"))
            ),
            lambda: Letter.objects.annotate(
                x=Subquery(Answer.objects.annotate(y=OuterRef("subject")).values("y"))
            ),
        )

    def test_writing_without_the_object(self) -> None:
        Letter.objects.create(number=2)
        letter = self.again()
        letter.subject = "x"
        self.refused(
            lambda: Letter.objects.update(subject="x"),
            lambda: Letter.objects.update(subject=F("body")),
            lambda: Letter.objects.update(subject=Value("x")),
            lambda: Letter.objects.bulk_update([letter], ["subject"]),
            lambda: Letter.objects.bulk_create(
                [Letter(number=1, subject="x")],
                update_conflicts=True,
                unique_fields=["number"],
                update_fields=["subject"],
            ),
        )
        self.assertEqual(self.again().subject, SUBJECT)

    def test_an_upsert_on_the_primary_key_is_in_its_place(self) -> None:
        Letter.objects.bulk_create(
            [Letter(pk=self.letter.pk, number=1, subject="x")],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["subject"],
        )
        self.assertEqual(self.again().subject, "x")

    def test_serializers_write_nothing_out(self) -> None:
        for form in ("json", "python", "xml"):
            self.refused(lambda form=form: serializers.serialize(form, Letter.objects.all()))

    def test_ciphertext_never_becomes_text(self) -> None:
        sealed = self.again().__dict__["subject"]
        for speak in (str, format, "{}".format, "%s".__mod__):
            with self.assertRaises(TypeError):
                speak(sealed)
        self.assertEqual(repr(sealed), f"<sealed: {len(sealed)} bytes>")

    def test_values_of_another_type(self) -> None:
        for name, value in (("subject", b"x"), ("subject", 1), ("raw", "x"), ("people", "x"), ("people", 1)):
            with self.subTest(field=name), self.assertRaises(TypeError):
                Letter.objects.create(number=9, **{name: value})

    def test_a_field_without_a_proper_label_or_with_an_index(self) -> None:
        for options in ({"label": "Subject"}, {"label": "x"}, {"label": "a.b", "unique": True}):
            with self.subTest(options=options), self.assertRaises(ValueError):
                SealedTextField(**options)


class PlaceTests(SealedTestCase):
    def unopenable(self, name: str = "subject") -> None:
        with self.assertRaises(Unopenable):
            getattr(self.again(), name)

    def test_a_value_moved_to_another_row_does_not_open(self) -> None:
        other = Letter.objects.create(number=2, subject="Autre")
        mine = self.column()
        self.put(bytes(Letter.objects.get(pk=other.pk).__dict__["subject"]))
        self.unopenable()
        self.put(mine)
        self.assertEqual(self.again().subject, SUBJECT)

    def test_a_value_moved_to_another_column_does_not_open(self) -> None:
        self.put(self.column("body"), "subject")
        self.unopenable()
        self.put(self.column("raw"), "people")
        self.unopenable("people")

    def test_a_value_moved_to_another_pharmacy_does_not_open(self) -> None:
        row = (self.letter.pk, self.column(), self.column("people"))
        with inside(self.gare):
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO vault_letter (id, number, subject, people) VALUES (%s, 1, %s, %s)", row
                )
            self.unopenable()

    def test_an_object_read_in_one_pharmacy_does_not_open_in_another_nor_outside(self) -> None:
        letter = self.again()
        with inside(self.gare), self.assertRaises(Unopenable):
            letter.subject  # noqa: B018
        leave()
        with self.assertRaises(NoPharmacy):
            letter.subject  # noqa: B018

    def test_an_unopened_value_is_not_copied_to_a_new_row(self) -> None:
        for adding, error in ((True, FieldError), (False, Unopenable)):  # made new, or given another key
            letter = self.again()
            letter.pk, letter.number = uuid4(), 2
            letter._state.adding = adding
            with self.subTest(adding=adding), self.assertRaises(error), atomic():
                letter.save()
        with self.assertRaises(FieldError), atomic():
            Letter.objects.bulk_create([letter])

    def test_nor_over_another_row(self) -> None:
        other = Letter.objects.create(number=2, subject="Autre")
        letter = self.again()
        letter.pk, letter.number = other.pk, 2
        with self.assertRaises(Unopenable), atomic():
            letter.save()

    def test_a_thousand_flipped_bits_are_all_found(self) -> None:
        chance = random.Random(7)
        found = 0
        for name in ("subject", "body", "raw", "people"):
            sealed = self.column(name)
            for _ in range(250):
                changed = bytearray(sealed)
                changed[chance.randrange(len(sealed))] ^= 1 << chance.randrange(8)
                self.put(bytes(changed), name)
                self.unopenable(name)
                found += 1
            self.put(sealed, name)
        self.assertEqual(found, 1_000)

    def test_without_its_keyring_nothing_opens(self) -> None:
        forget_keyrings()
        self.soleil.sealed_keyring = b""
        self.unopenable()
