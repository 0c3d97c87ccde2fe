"""Long runs of bytes, sealed in chunks."""

from __future__ import annotations

import os
import tracemalloc
from io import BytesIO
from unittest import mock

from django.test import SimpleTestCase

from portal.vault import streams
from portal.vault.keys import Keyring, Unopenable, open_keyring
from portal.vault.streams import open_chunks, seal_chunks
from tests.vault.pharmacies import pharmacy


def keyring() -> Keyring:
    here = pharmacy()
    return open_keyring(here.id, bytes(here.sealed_keyring))


class StreamTests(SimpleTestCase):
    def setUp(self) -> None:
        self.keyring = keyring()

    def sealed(self, data: bytes, context: bytes = b"raw 1") -> list[bytes]:
        return list(seal_chunks(data, keyring=self.keyring, context=context))

    def opened(self, sealed: bytes, context: bytes = b"raw 1") -> bytes:
        return open_chunks(BytesIO(sealed), keyring=self.keyring, context=context)

    def unopenable(self, sealed: bytes, context: bytes = b"raw 1") -> None:
        with self.assertRaises(Unopenable):
            self.opened(sealed, context)

    def test_every_length_around_a_chunk_comes_back(self) -> None:
        with mock.patch.object(streams, "CHUNK_BYTES", 64):
            for length in (0, 1, 63, 64, 65, 127, 128, 129, 1000):
                data = os.urandom(length)
                self.assertEqual(self.opened(b"".join(self.sealed(data))), data)

    def test_text_is_made_smaller_and_noise_is_left_alone(self) -> None:
        text, noise = b"Bonjour, voici mon ordonnance.\r\n" * 1000, os.urandom(32_000)

        self.assertLess(len(b"".join(self.sealed(text))), 1_000)
        self.assertLess(len(b"".join(self.sealed(noise))), len(noise) + 100)
        self.assertEqual(self.opened(b"".join(self.sealed(text))), text)

    def test_a_thousand_flipped_bits_are_all_found(self) -> None:
        sealed = b"".join(self.sealed(os.urandom(1_000)))
        step = len(sealed) * 8 // 1_000
        for bit in range(0, step * 1_000, step):
            changed = bytearray(sealed)
            changed[bit // 8] ^= 1 << bit % 8
            self.unopenable(bytes(changed))

    def test_chunks_cannot_be_cut_swapped_repeated_or_continued(self) -> None:
        with mock.patch.object(streams, "CHUNK_BYTES", 64):
            head, first, second, third = self.sealed(os.urandom(180))
            for forged in (
                [head],
                [head, first],
                [head, first, second],
                [head, second, first, third],
                [head, first, first, second, third],
                [head, first, third],
                [head, first, second, third, third],
                [head, first, second, third, b"x"],
                [first, second, third],
                [],
            ):
                self.unopenable(b"".join(forged))
            other_head = self.sealed(os.urandom(180))[0]
            self.unopenable(other_head + first + second + third)

    def test_it_opens_in_its_place_only(self) -> None:
        sealed = b"".join(self.sealed(b"x"))

        self.unopenable(sealed, b"raw 2")
        self.keyring = keyring()
        self.unopenable(sealed)

    def test_twenty_megabytes_are_opened_in_little_more_room_than_they_take(self) -> None:
        data = os.urandom(20_000_000)
        sealed = b"".join(self.sealed(data))
        tracemalloc.start()
        try:
            opened = self.opened(sealed)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        self.assertEqual(opened, data)
        self.assertLess(peak, 1.5 * len(data))
