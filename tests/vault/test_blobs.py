"""One blob per row: in the row when small, in a file when large."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from datetime import timedelta
from pathlib import Path
from unittest import mock

from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.test import override_settings
from django.utils import timezone

from portal.lib.ids import uuid7
from portal.vault.blobs import blob_digest, sweep_orphans
from portal.vault.files import BlobMissing
from portal.vault.keys import Unopenable
from tenants.context import inside
from tests.vault.scratch import Parcel, ScratchTestCase

SMALL, LARGE = b"Bonjour, voici mon ordonnance.", os.urandom(300_000)


class BlobTestCase(ScratchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory())) / "blobs"
        self.enterContext(override_settings(BLOB_ROOT=self.root))

    def stored(self, data: bytes) -> Parcel:
        parcel = Parcel()
        parcel.put_blob(data)
        parcel.save()
        return Parcel.objects.get(pk=parcel.pk)

    def files(self) -> list[Path]:
        return [file for file in self.root.rglob("*") if file.is_file()]


class BlobTests(BlobTestCase):
    def test_a_small_one_is_in_its_row(self) -> None:
        parcel = self.stored(SMALL)

        self.assertEqual(parcel.read_blob(), SMALL)
        self.assertEqual((parcel.path, parcel.size, self.files()), ("", len(SMALL), []))
        self.assertNotIn(b"ordonnance", bytes(parcel.inline))

    def test_a_large_one_is_in_a_file_that_only_we_may_read(self) -> None:
        parcel = self.stored(LARGE)
        (file,) = self.files()

        self.assertEqual(parcel.read_blob(), LARGE)
        self.assertIsNone(parcel.inline)
        self.assertEqual(file, self.root / parcel.path)
        self.assertEqual(parcel.path.split("/")[0], str(self.soleil.id))
        self.assertEqual((file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777), (0o600, 0o700))
        self.assertNotIn(LARGE[:16], file.read_bytes())

    def test_what_shrinks_below_the_limit_stays_in_the_row(self) -> None:
        parcel = self.stored(b"a" * 1_000_000)

        self.assertEqual((parcel.path, parcel.size), ("", 1_000_000))
        self.assertEqual(parcel.read_blob(), b"a" * 1_000_000)

    def test_file_and_folders_are_on_the_disk_before_the_row_can_name_them(self) -> None:
        synced: list[str] = []

        def fsync(descriptor: int) -> None:
            synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

        with mock.patch("portal.vault.files.os.fsync", fsync):
            parcel = self.stored(LARGE)

        name = Path(parcel.path).name
        self.assertEqual(synced[-2:], [f"{name}.part", parcel.path.split("/")[1]])
        self.assertIn(self.root.name, synced)

    def test_the_same_bytes_are_recognised_here_and_by_nobody_else(self) -> None:
        mine = self.stored(SMALL).digest

        self.assertEqual(self.stored(SMALL).digest, mine)
        self.assertNotEqual(self.stored(LARGE).digest, mine)
        with inside(self.gare):
            self.assertNotEqual(blob_digest(SMALL), mine)

    def test_moved_to_another_row_table_or_pharmacy_it_does_not_open(self) -> None:
        for data in (SMALL, LARGE):
            parcel = self.stored(data)
            other = Parcel(pk=uuid7(), inline=parcel.inline, path=parcel.path)
            with self.assertRaises(Unopenable):
                other.read_blob()
            with inside(self.gare), self.assertRaises(Unopenable):
                parcel.read_blob()
            with mock.patch.object(Parcel, "blob_label", "scratch.other"), self.assertRaises(Unopenable):
                parcel.read_blob()

    def test_a_file_that_was_altered_or_is_gone_says_so(self) -> None:
        parcel = self.stored(LARGE)
        (file,) = self.files()
        file.write_bytes(file.read_bytes()[:-1])
        with self.assertRaises(Unopenable):
            parcel.read_blob()
        file.unlink()
        with self.assertRaises(BlobMissing):
            parcel.read_blob()

    def test_a_path_leads_nowhere_else(self) -> None:
        for path in ("../../etc/passwd", "/etc/passwd", "", f"{self.soleil.id}/../x"):
            with self.subTest(path=path), self.assertRaises(BlobMissing):
                Parcel(path=path).read_blob()

    def test_a_full_disk_leaves_nothing_behind(self) -> None:
        def full(descriptor: int) -> None:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.ENOSPC, "No space left on device")

        with mock.patch("portal.vault.files.os.fsync", full), self.assertRaises(OSError):
            Parcel().put_blob(LARGE)
        self.assertEqual(self.files(), [])

    def test_a_row_holds_one_blob_only(self) -> None:
        parcel = self.stored(SMALL)
        with self.assertRaises(IntegrityError), atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE vault_parcel SET path = 'x' WHERE id = %s", [parcel.pk])

    def test_a_table_of_blobs_without_a_label_is_reported(self) -> None:
        self.assertEqual(Parcel.check(databases=["default"]), [])
        with mock.patch.object(Parcel, "blob_label", ""):
            self.assertEqual([error.id for error in Parcel.check(databases=["default"])], ["vault.E003"])


class SweepTests(BlobTestCase):
    def test_files_that_no_row_names_are_swept_once_they_are_old(self) -> None:
        kept, orphan = self.stored(LARGE), self.stored(LARGE)
        (self.root / kept.path).with_suffix(".part").write_bytes(b"half")
        with inside(self.gare):
            self.stored(LARGE)
        orphan_file = self.root / orphan.path
        Parcel.objects.filter(pk=orphan.pk).delete()
        known = set(Parcel.objects.exclude(path="").values_list("path", flat=True))

        self.assertEqual(sweep_orphans(known, older_than=timedelta(days=1)), 0)
        tomorrow = timezone.now() + timedelta(days=1, minutes=1)
        self.assertEqual(sweep_orphans(known, older_than=timedelta(days=1), now=tomorrow), 2)

        self.assertFalse(orphan_file.exists())
        self.assertEqual(len(self.files()), 2)  # the one kept, and the neighbour's
        self.assertEqual(kept.read_blob(), LARGE)
