"""Reads the palettes and computes their colours: hex, var(), color-mix(), oklch() from a base colour."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import NamedTuple

CSS = Path(__file__).resolve().parents[2] / "static" / "css"


class Rgb(NamedTuple):
    """sRGB channels from 0 to 1."""

    red: float
    green: float
    blue: float


def declared(sheet: str) -> dict[str, str]:
    """The custom properties of a sheet; the last declaration wins, as where `@supports` holds."""
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", (CSS / sheet).read_text(encoding="utf-8")))


def colour(value: str, tokens: dict[str, str]) -> Rgb:
    """What a browser paints for `value`."""
    if value.startswith("#"):
        return Rgb(*(int(value[start : start + 2], 16) / 255 for start in (1, 3, 5)))
    if found := re.fullmatch(r"var\(--([\w-]+)\)", value):
        return colour(tokens[found[1]], tokens)
    if found := re.fullmatch(r"color-mix\(in srgb, (.+) ([\d.]+)%, (.+)\)", value):
        return mixed(colour(found[1], tokens), colour(found[3], tokens), share=float(found[2]) / 100)
    if found := re.fullmatch(r"oklch\(from (.+) ([\d.]+) min\(c, ([\d.]+)\) h\)", value):
        return relit(colour(found[1], tokens), lightness=float(found[2]), most=float(found[3]))
    raise AssertionError(f"not a colour this test can compute: {value}")


def contrast(one: Rgb, other: Rgb) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(rgb: Rgb) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (linear(channel) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mixed(one: Rgb, other: Rgb, *, share: float) -> Rgb:
    """`color-mix(in srgb, one share, other)`."""
    return Rgb(*(share * a + (1 - share) * b for a, b in zip(one, other, strict=True)))


def relit(rgb: Rgb, *, lightness: float, most: float) -> Rgb:
    """The same hue at another OKLCH lightness, its chroma at most `most` (css-color-4, clipped to sRGB)."""
    red, green, blue = (linear(channel) for channel in rgb)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    chroma = math.hypot(a, b)
    scale = min(chroma, most) / chroma if chroma > 1e-6 else 0.0
    return from_oklab(lightness, a * scale, b * scale)


def from_oklab(lightness: float, a: float, b: float) -> Rgb:
    """OKLab to sRGB, each channel clipped."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return Rgb(
        encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def linear(channel: float) -> float:
    """sRGB to linear light."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def encoded(light: float) -> float:
    """Linear light to sRGB, clipped to what a screen has."""
    light = min(1.0, max(0.0, light))
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
