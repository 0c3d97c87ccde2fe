"""Pages as pictures, made in a child that a hostile document cannot leave."""

from __future__ import annotations

from io import BytesIO
from unittest import mock

from django.test import SimpleTestCase
from PIL import Image

from portal.documents import rendering
from portal.documents.rendering import DRAWN, EXPLANATIONS, Illegible, NoSuchPage, page_count, render_page
from portal.documents.sniff import Kind, kind_of
from portal.lib.confined import Limits, close_all
from tests.documents import files


def tearDownModule() -> None:
    close_all()


class RenderingTestCase(SimpleTestCase):
    def shown(self, data: bytes, kind: Kind, page: int = 0, width: int = 1240) -> Image.Image:
        picture = Image.open(BytesIO(render_page(data, kind, page, width)), formats=["JPEG"])
        picture.load()
        return picture

    def illegible(self, code: str, data: bytes, kind: Kind) -> None:
        with self.assertRaises(Illegible) as caught:
            render_page(data, kind, 0)
        self.assertEqual(caught.exception.code, code)
        self.assertEqual(caught.exception.explanation, EXPLANATIONS[code])


class PageTests(RenderingTestCase):
    def test_a_prescription_of_two_pages_is_shown_page_by_page(self) -> None:
        data = files.pdf(pages=2)

        self.assertEqual(page_count(data, Kind.PDF), 2)
        self.assertEqual(self.shown(data, Kind.PDF, page=1).size, (1240, 1755))
        self.assertEqual(self.shown(data, Kind.PDF, width=620).size, (620, 878))
        with self.assertRaises(NoSuchPage):
            render_page(data, Kind.PDF, 2)

    def test_a_small_slip_is_not_blown_up(self) -> None:
        self.assertEqual(self.shown(files.pdf(across=144, down=72), Kind.PDF).size, (400, 200))

    def test_a_photo_of_an_iphone_is_shown_upright_and_says_no_more_where(self) -> None:
        data = files.heic(400, 200, orientation=6)
        self.assertEqual(kind_of(data), Kind.HEIC)

        png = render_page(data, Kind.HEIC, 0)

        picture = Image.open(BytesIO(png))
        self.assertEqual(picture.size, (200, 400))
        self.assertLess(picture.getpixel((100, 50))[0], 50)
        self.assertNotIn(b"Lilas", png)
        self.assertEqual(self.shown(files.heic(2016, 1512), Kind.HEIC, width=1240).size, (1240, 930))

    def test_a_broken_photo_of_an_iphone_is_said_to_be_damaged(self) -> None:
        self.illegible("damaged", files.heic(400, 200)[:-300], Kind.HEIC)
        self.illegible("damaged", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Kind.HEIC)

    def test_a_photo_taken_sideways_is_shown_upright_and_says_no_more_where(self) -> None:
        data = files.jpeg(400, 200, orientation=6)  # the camera was turned: its left is the top

        png = render_page(data, Kind.JPEG, 0)

        picture = Image.open(BytesIO(png))
        self.assertEqual(picture.size, (200, 400))
        self.assertLess(picture.getpixel((100, 50))[0], 50)
        self.assertGreater(picture.getpixel((100, 350))[0], 200)
        self.assertIn(b"Lilas", data)
        self.assertNotIn(b"Lilas", png)
        self.assertEqual(dict(picture.getexif()), {})

    def test_a_large_photo_is_made_as_wide_as_asked(self) -> None:
        data = files.jpeg(4000, 3000, orientation=8)

        self.assertEqual(page_count(data, Kind.JPEG), 1)
        self.assertEqual(self.shown(data, Kind.JPEG, width=600).size, (600, 800))
        with self.assertRaises(NoSuchPage):
            render_page(data, Kind.JPEG, 1)

    def test_every_colour_mode_is_shown(self) -> None:
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            with self.subTest(mode=mode):
                self.assertEqual(self.shown(files.png(mode=mode), Kind.PNG).size, (40, 20))
        for mode in ("L", "CMYK"):
            with self.subTest(mode=mode):
                self.assertEqual(self.shown(files.jpeg(mode=mode), Kind.JPEG).size, (40, 20))

    def test_sixteen_bits_of_grey_keep_their_shade(self) -> None:
        picture = self.shown(files.png(mode="I;16", colour=40_000), Kind.PNG)

        self.assertAlmostEqual(picture.getpixel((1, 1)), 40_000 / 257, delta=1)

    def test_what_is_transparent_is_white(self) -> None:
        self.assertEqual(self.shown(files.png(mode="RGBA"), Kind.PNG).getpixel((1, 1)), (255, 255, 255))


class HostileTests(RenderingTestCase):
    def test_a_pdf_with_a_password_says_so(self) -> None:
        self.illegible("encrypted", files.encrypted_pdf(), Kind.PDF)

    def test_a_picture_of_a_hundred_million_pixels_is_refused_by_its_head(self) -> None:
        data = files.png_head(10_000, 10_000)

        self.illegible("too-large", data, Kind.PNG)
        with self.assertRaises(Illegible):
            page_count(data, Kind.PNG)
        self.illegible("too-large", files.png_head(10_000, 4_001), Kind.PNG)

    def test_a_page_a_kilometre_long_is_refused(self) -> None:
        self.illegible("too-large", files.pdf(across=10, down=2_000_000), Kind.PDF)

    def test_truncated_documents_are_damaged(self) -> None:
        self.illegible("damaged", files.jpeg(400, 400)[:-300], Kind.JPEG)
        self.illegible("damaged", files.png_head(200, 200), Kind.PNG)
        self.illegible("damaged", files.pdf()[:60], Kind.PDF)
        self.illegible("damaged", b"", Kind.PDF)

    def test_a_bomb_that_says_it_is_a_pdf_is_damaged(self) -> None:
        self.illegible("damaged", files.zip_bomb(), Kind.PDF)
        self.illegible("damaged", files.zip_bomb(), Kind.JPEG)

    def test_other_kinds_are_not_even_tried(self) -> None:
        with mock.patch.object(rendering, "call") as call:
            for kind in set(Kind) - DRAWN - rendering.STRUCTURED:
                self.illegible("unsupported", b"", kind)
        call.assert_not_called()

    def test_a_page_that_takes_too_long_is_stopped_and_the_next_document_is_shown(self) -> None:
        with mock.patch.object(rendering, "LIMITS", Limits(cpu=1, wall=5.0)):
            self.illegible("too-costly", files.slow_pdf(), Kind.PDF)

        self.assertEqual(page_count(files.pdf(), Kind.PDF), 1)

    def test_a_page_that_takes_all_memory_ends_the_child_alone(self) -> None:
        with self.assertRaises(Illegible):
            render_page(files.greedy_pdf(), Kind.PDF, 0)

        self.assertEqual(page_count(files.pdf(), Kind.PDF), 1)

    def test_the_largest_allowed_picture_fits_into_the_memory_allowed(self) -> None:
        for mode in ("RGBA", "P", "I;16"):
            with self.subTest(mode=mode):
                self.assertEqual(self.shown(files.png(8_000, 5_000, mode=mode), Kind.PNG).size, (1240, 775))
