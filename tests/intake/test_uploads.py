"""Each page is examined and sealed as soon as it is chosen."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from unittest import mock

from django.test import override_settings
from django.utils import timezone

from portal.documents import antivirus, rendering
from portal.documents.rendering import render_page
from portal.documents.sniff import Kind
from portal.intake import due, examining
from portal.intake.actions import NoSuchRequest, add_page, begin, remove_page
from portal.intake.examining import PageRefused, Why, examine
from portal.intake.models import Request, Upload
from portal.intake.uploads import UNSENT_LIFE, pages_of
from portal.lib.confined import close_all
from tenants.context import inside
from tests.base import PharmacyTestCase
from tests.documents import files


def tearDownModule() -> None:
    close_all()


class Pages(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = timezone.now()
        self.request = begin(now=self.now)

    def add(self, data: bytes) -> Upload:
        return add_page(self.request.pk, data, now=self.now)

    def refused(self, why: Why, data: bytes) -> None:
        with self.assertRaises(PageRefused) as caught:
            self.add(data)
        self.assertEqual(caught.exception.why, why)

    def test_photos_and_papers_are_kept_sealed_and_in_order(self) -> None:
        photo, paper = files.jpeg(), files.pdf(pages=3)
        for data in (photo, files.png(), files.heic(), paper):
            self.add(data)

        pages = pages_of(self.request.pk)
        self.assertEqual([page.kind for page in pages], ["jpeg", "png", "heic", "pdf"])
        self.assertEqual([page.pages for page in pages], [1, 1, 1, 3])
        first = Upload.objects.get(pk=pages[0].pk)
        self.assertEqual(first.read_blob(), photo)
        self.assertNotIn(photo[:20], bytes(first.inline or b""))

    def test_the_same_photo_chosen_twice_is_one_page(self) -> None:
        self.assertEqual(self.add(files.jpeg()).pk, self.add(files.jpeg()).pk)
        self.assertEqual(len(pages_of(self.request.pk)), 1)

    def test_hostile_and_broken_files_are_refused_with_their_reason_and_the_others_stay(self) -> None:
        self.add(files.jpeg())
        for why, data in (
            (Why.EMPTY, b""),
            (Why.KIND, b"MZ" + bytes(64)),
            (Why.KIND, b"GIF89a" + bytes(64)),
            (Why.KIND, b"<svg onload=alert(1)>"),
            (Why.KIND, files.zip_bomb()),
            (Why.KIND, files.pdf() + files.zipped({"a": b"b"})),
            (Why.KIND, files.jpeg()[:20] + files.pdf()),
            (Why.ENCRYPTED, files.encrypted_pdf()),
            (Why.TOO_LARGE, files.png_head(10_000, 10_000)),
            (Why.DAMAGED, files.jpeg(400, 300)[:900]),
            (Why.DAMAGED, b"%PDF-1.7 rien"),
            (Why.TOO_LONG, files.pdf(pages=31)),
            (Why.TOO_BIG, files.png() + bytes(examining.MOST_BYTES)),
        ):
            with self.subTest(why=why, head=data[:8]):
                self.refused(why, data)
        self.assertEqual(len(pages_of(self.request.pk)), 1)

    def test_a_virus_is_refused_and_what_nobody_examined_too(self) -> None:
        with override_settings(ANTIVIRUS="builtin-eicar"):
            self.refused(Why.INFECTED, files.pdf() + antivirus.EICAR)
        with override_settings(ANTIVIRUS=""):
            self.refused(Why.UNEXAMINED, files.jpeg())

    def test_a_costly_file_of_a_stranger_does_not_hold_up_what_the_team_looks_at(self) -> None:
        found: list[object] = []

        def stranger() -> None:
            try:
                examine(files.slow_pdf(times=900_000))
            except PageRefused as error:
                found.append(error.why)

        slow = threading.Thread(target=stranger)
        slow.start()
        time.sleep(0.5)
        with mock.patch.object(rendering, "LIMITS", replace(rendering.LIMITS, queue=0.1)):
            render_page(files.pdf(), Kind.PDF, 0)
        self.assertTrue(slow.is_alive())
        slow.join()
        self.assertEqual(found, [Why.TOO_COSTLY])

    def test_ten_files_and_no_more(self) -> None:
        for width in range(10):
            self.add(files.jpeg(40 + width, 20))
        self.refused(Why.TOO_MANY, files.jpeg(99, 20))

    def test_twenty_megabytes_in_all(self) -> None:
        self.add(files.jpeg())
        with mock.patch("portal.intake.uploads.MOST_BYTES", 1000):
            self.refused(Why.TOO_BIG, files.jpeg(400, 300))

    def test_a_page_is_removed_and_makes_room(self) -> None:
        page = self.add(files.jpeg())
        for _ in range(2):
            remove_page(self.request.pk, page.pk, now=self.now)
        self.assertEqual(pages_of(self.request.pk), [])

    def test_nobody_adds_to_another_pharmacys_request(self) -> None:
        page = self.add(files.jpeg())
        with inside(self.gare):
            with self.assertRaises(NoSuchRequest):
                add_page(self.request.pk, files.jpeg(), now=self.now)
            with self.assertRaises(NoSuchRequest):
                remove_page(self.request.pk, page.pk, now=self.now)
            self.assertEqual(pages_of(self.request.pk), [])
        self.assertEqual(len(pages_of(self.request.pk)), 1)

    def test_what_was_never_sent_is_removed_after_two_hours(self) -> None:
        self.add(files.jpeg())
        with self.assertRaises(NoSuchRequest):
            add_page(self.request.pk, files.png(), now=self.now + UNSENT_LIFE)
        self.assertEqual(due.sweep(), 0)

        Request.objects.update(expires_at=self.now - timedelta(seconds=1))

        self.assertEqual(due.sweep(), 1)
        self.assertFalse(Upload.objects.exists())
        due.run_due()
