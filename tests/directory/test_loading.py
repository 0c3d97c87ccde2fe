"""The national directory: a day's file is loaded whole or not at all, and yesterday's stays when it is damaged."""

from __future__ import annotations

import os
import tempfile
from io import StringIO
from pathlib import Path
from threading import Thread

from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from portal.directory.loading import LOCK
from portal.directory.loads import state_of
from portal.directory.models import Entry, Load, Reference
from sandbox.directory import write
from tenants import recording
from tenants.context import inside
from tenants.fences import OWNER
from tests.base import CommittingPharmacyTestCase
from tests.directory.files import HELENE, LINES, MARTIN, PAUL, SOPHIE, WARD, day, doctor, line, load, zipped

INDEXES = """
SELECT indexname, regexp_replace(indexdef, 'entry_new', 'entry') FROM pg_indexes
 WHERE tablename = 'directory_entry' ORDER BY 1
"""


class LoadingTheDirectory(CommittingPharmacyTestCase):
    def test_every_pharmacy_reads_who_it_is_and_where(self) -> None:
        load()

        with inside(self.gare):
            sophie = Entry.objects.known_as([MARTIN]).get()
        self.assertEqual((sophie.title, sophie.last_name, sophie.first_name), ("DR", "MARTIN", "SOPHIE"))
        self.assertEqual((sophie.profession, sophie.speciality), ("Médecin", "Médecine Générale"))
        self.assertEqual((sophie.structure, sophie.street), ("CABINET DU MARCHE", "3 PLACE DU MARCHE"))
        self.assertEqual((sophie.postcode, sophie.town), ("58000", "NEVERS"))

    def test_no_pharmacy_writes_there(self) -> None:
        load()
        for act in (
            lambda: Entry.objects.filter(address=MARTIN).update(address="pirate@example.fr"),
            lambda: Entry.objects.all().delete(),
            lambda: Load.objects.all().delete(),
        ):
            with self.assertRaisesRegex(ProgrammingError, "permission denied"), transaction.atomic():
                act()

    def test_the_difference_between_two_days_is_told(self) -> None:
        load([SOPHIE, PAUL, HELENE])
        said = StringIO()
        load([SOPHIE, PAUL.replace("DIJON", "BEAUNE"), WARD], verbosity=1, stdout=said, force=True)

        self.assertIn("3 lignes", said.getvalue())
        self.assertIn("1 ajoutées, 1 modifiées, 1 retirées", said.getvalue())
        newest = Load.objects.latest("id")
        self.assertEqual((newest.added, newest.changed, newest.removed), (1, 1, 1))

    def test_the_same_file_again_changes_nothing(self) -> None:
        load()
        load()

        newest = Load.objects.latest("id")
        self.assertEqual((newest.rows, newest.added, newest.changed, newest.removed), (4, 0, 0, 0))

    def test_an_archive_is_read_as_well_and_says_when_it_was_published(self) -> None:
        load(zipped(day()), name=".zip")

        self.assertEqual(Entry.objects.count(), 4)
        published = Load.objects.get().published_at
        self.assertEqual(published and published.isoformat(), "2026-11-27T07:12:00+00:00")
        self.assertEqual(state_of(Reference.DIRECTORY).at, published)

    def test_a_person_in_two_places_has_a_line_for_each(self) -> None:
        load([SOPHIE, SOPHIE.replace("CABINET DU MARCHE", "CLINIQUE DU PARC")])

        places = Entry.objects.known_as([MARTIN]).values_list("structure", flat=True)
        self.assertEqual(list(places), ["CABINET DU MARCHE", "CLINIQUE DU PARC"])
        self.assertEqual(Load.objects.get().added, 1)

    def test_what_nobody_can_write_to_is_left_out_and_counted(self) -> None:
        load([SOPHIE, doctor("anne.lefèvre@medecin-test.mssante.fr", "LEFÈVRE", "ANNE"), line("")])

        self.assertEqual((Load.objects.get().rows, Load.objects.get().left_out), (1, 2))

    def test_quotes_and_a_byte_order_mark_are_no_obstacle(self) -> None:
        odd = SOPHIE.replace("CABINET DU MARCHE", 'CABINET "LE MARCHE')
        load(b"\xef\xbb\xbf" + day([odd]).replace(b"\n", b"\r\n"))

        self.assertEqual(Entry.objects.get().structure, 'CABINET "LE MARCHE')

    def test_the_demonstrations_file_is_one(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder, "annuaire.txt"), 300)
            call_command("load_directory", folder, verbosity=0)

        self.assertEqual((Load.objects.get().rows, Load.objects.get().left_out), (300, 0))
        self.assertEqual(Entry.objects.known_as([MARTIN]).get().last_name, "MARTIN")

    def test_the_table_that_takes_the_place_has_the_same_indexes_and_types(self) -> None:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(INDEXES)
            before = cursor.fetchall()
            load()
            cursor.execute(INDEXES)
            self.assertEqual(cursor.fetchall(), before)


class DamagedFiles(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        load()

    def test_yesterdays_directory_is_kept_and_why_is_said(self) -> None:
        whole, many = day(), [doctor(f"d{n}@medecin-test.mssante.fr", f"D{n}", "X") for n in range(3000)]
        archive = zipped(day(many))
        damaged = {
            "un autre en-tête": (whole.replace(b"Adresse BAL", b"Courriel"), "première ligne"),
            "une colonne de trop": (day([SOPHIE, PAUL + "|x"]), "31 colonnes"),
            "une colonne de moins": (day([SOPHIE, PAUL.rpartition("|")[0]]), "31 colonnes"),
            "coupé dans une ligne": (whole[:-60], "coupé"),
            "un autre jeu de caractères": (whole.decode().encode("latin-1"), "UTF-8"),
            "vide": (b"", "première ligne"),
            "sans aucune ligne": (day([]), "aucune adresse"),
            "une archive coupée": (archive[:-40], "abîmée"),
            "une archive aux octets changés": (archive[:3000] + b"xxxx" + archive[3004:], "igne|abîmée"),
            "une archive sans fichier": (b"PK\x05\x06" + b"\0" * 18, "un seul fichier"),
        }
        for what, (content, why) in damaged.items():
            with self.subTest(what), self.assertRaisesRegex(CommandError, f"({why}).*conservé"):
                load(content)
            self.assertRegex(state_of(Reference.DIRECTORY).refused, why)
        self.assertEqual(Entry.objects.count(), len(LINES))
        self.assertEqual(state_of(Reference.DIRECTORY).rows, len(LINES))

    def test_a_file_that_lost_many_addresses_must_be_forced(self) -> None:
        with self.assertRaisesRegex(CommandError, "perdu 2 adresses sur 4.*--force"):
            load([SOPHIE, PAUL])
        self.assertEqual(Entry.objects.count(), 4)
        load([SOPHIE, PAUL], force=True)

        self.assertEqual(Entry.objects.count(), 2)

    def test_how_much_it_may_lose_and_how_many_lines_may_be_broken_are_settings(self) -> None:
        with self.settings(DIRECTORY_MOST_LOST=50, DIRECTORY_BAD_LINES=1):
            load([SOPHIE, "ligne abîmée à la source", PAUL])

        self.assertEqual((Entry.objects.count(), Load.objects.latest("id").left_out), (2, 1))

    def test_a_file_too_large_for_a_directory_is_not_read_to_its_end(self) -> None:
        with self.settings(DIRECTORY_MAX_BYTES=1000):
            for content in (day(), zipped(day() + b"x" * 5000)):
                with self.assertRaisesRegex(CommandError, "trop gros"):
                    load(content)

    def test_of_a_folder_the_newest_file_is_taken(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, at, lines in (("hier.txt", 1000, LINES), ("jour.txt", 2000, (*LINES, *LINES))):
                Path(folder, name).write_bytes(day(lines))
                os.utime(Path(folder, name), (at, at))
            with self.settings(DIRECTORY_SOURCE=folder):
                call_command("load_directory", verbosity=0)
        self.assertEqual(Entry.objects.count(), 8)

    def test_nothing_is_downloaded_but_over_https(self) -> None:
        for source in ("http://127.0.0.1/annuaire.zip", "file:///etc/passwd"):
            with self.assertRaisesRegex(CommandError, "HTTPS"):
                call_command("load_directory", source, verbosity=0)
        with self.assertRaisesRegex(CommandError, "téléchargement a échoué"):
            call_command("load_directory", "https://127.0.0.1:9/annuaire.zip", verbosity=0)

    def test_one_who_reads_is_waited_for_and_then_reads_the_new_one(self) -> None:
        with transaction.atomic():
            self.assertEqual(Entry.objects.count(), 4)
            loading = Thread(target=self.load_elsewhere)
            loading.start()
            loading.join(timeout=0.5)
            self.assertTrue(loading.is_alive())
        loading.join(timeout=20)

        self.assertEqual(Entry.objects.count(), 5)

    def test_of_two_loads_at_once_the_second_is_refused(self) -> None:
        with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            loading = Thread(target=self.load_elsewhere)
            loading.start()
            loading.join(timeout=20)

        self.assertRegex(self.said, "Un autre chargement est en cours")
        self.assertEqual(Entry.objects.count(), 4)

    def test_a_migration_that_is_being_recorded_is_no_other_load(self) -> None:
        with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [recording.LOCK])
            loading = Thread(target=self.load_elsewhere)
            loading.start()
            loading.join(timeout=20)

        self.assertEqual((self.said, Entry.objects.count()), ("", 5))

    said = ""

    def load_elsewhere(self) -> None:
        try:
            load([*LINES, doctor("neuf@medecin-test.mssante.fr", "NEUF", "JEAN")])
        except CommandError as error:
            self.said = str(error)
        finally:
            connections[OWNER].close()
            connection.close()
