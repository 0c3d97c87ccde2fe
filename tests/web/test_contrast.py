"""Every text is legible on its ground (WCAG 2.2 AA), by day and by night, in any pharmacy's colour."""

from __future__ import annotations

import unittest

from tests.web.colours import colour, contrast, declared

TEXT, MARK = 4.5, 3.0
GROUNDS = ("page", "card", "well", "accent-soft", "accent-faint")
TONES = ("patient", "pro", "form", "warn", "bad", "good")

PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "accent-strong") for ground in GROUNDS),
    *(("ink-3", ground, TEXT) for ground in ("card", "page")),
    *((tone, f"{tone}-soft", TEXT) for tone in TONES),
    *(
        (tone, ground, TEXT)
        for tone in ("patient", "warn", "bad", "good")
        for ground in ("card", "accent-faint")
    ),
    *(("on-accent", fill, TEXT) for fill in ("accent", "accent-strong")),
    *(("nav-ink", ground, TEXT) for ground in ("nav", "nav-on")),
    ("nav-ink-2", "nav", TEXT),
    *((edge, ground, MARK) for edge in ("line-strong", "focus") for ground in ("card", "page")),
]
"""What is written on what, and the least ratio."""

BRANDS = ("#0b6b4c", "#1c4a94", "#9d1c24", "#553394", "#767676", "#a94d00", "#a8007c", "#000000")
"""The house green, then colours a pharmacy may choose, some at the very limit of 4.5:1 on white."""


class LegibilityTests(unittest.TestCase):
    """The palettes of tokens.css and dark.css."""

    def test_every_colour_a_pharmacy_may_choose_reads_on_white(self) -> None:
        for brand in BRANDS:
            with self.subTest(brand):
                self.assertGreaterEqual(contrast(colour(brand, {}), colour("#ffffff", {})), TEXT)

    def test_the_palette_by_day_is_legible(self) -> None:
        self.assert_legible(declared("tokens.css"))

    def test_the_palette_by_night_is_legible(self) -> None:
        self.assert_legible(declared("tokens.css") | declared("dark.css"))

    def assert_legible(self, tokens: dict[str, str]) -> None:
        for brand in BRANDS:
            tokens = tokens | {"brand": brand}
            for ink, ground, least in PAIRS:
                with self.subTest(f"{ink} on {ground}", brand=brand):
                    ratio = contrast(colour(tokens[ink], tokens), colour(tokens[ground], tokens))
                    self.assertGreaterEqual(round(ratio, 2), least)
