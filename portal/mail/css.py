"""What a sender's inline style may say: a short list of properties, each with the values that can harm nobody.

Nothing that loads, moves, covers or hides: no url(), no position, no size near zero, no colour that the paper
swallows. A text colour is darkened and a background lightened until any two of them are legible (4.5 to 1).
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST_STYLE = 4000
MOST_DECLARATIONS = 60
DARKEST_PAPER, LIGHTEST_INK = 0.86, 0.14  # relative luminance (WCAG 2)

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_RGB = re.compile(r"rgb\((\d{1,3}),\s?(\d{1,3}),\s?(\d{1,3})\)")
_LENGTH = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)(px|pt)?")
_BORDER = re.compile(
    r"(?:(?:0|[1-4](?:\.\d)?(?:px|pt)|thin|medium) )?(solid|dashed|dotted|double|none)(?: (\S.*))?"
)
_NAMED = {
    **{"black": "#000000", "navy": "#000080", "blue": "#0000ff", "green": "#008000", "teal": "#008080"},
    **{"maroon": "#800000", "purple": "#800080", "red": "#ff0000", "darkred": "#8b0000", "gray": "#808080"},
    **{
        "white": "#ffffff",
        "silver": "#c0c0c0",
        "yellow": "#ffff00",
        "whitesmoke": "#f5f5f5",
        "ivory": "#fffff0",
    },
    **{"lightyellow": "#ffffe0", "aliceblue": "#f0f8ff", "windowtext": "#000000", "windowframe": "#000000"},
}
LARGEST_SPACE = 48.0
SMALLEST_LETTER, LARGEST_LETTER = 11.0, 36.0
POINT = 4 / 3

Writes = Callable[[str], str]


def safe_style(style: str) -> str:
    """The declarations of `style` that may stay, in order; empty when none may."""
    if len(style) > LONGEST_STYLE or "\\" in style or "/*" in style:
        return ""
    kept: list[str] = []
    for declaration in style.split(";")[:MOST_DECLARATIONS]:
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), " ".join(value.lower().replace("!important", "").split())
        written = PROPERTIES[name](value) if name in PROPERTIES else ""
        if written:
            kept.append(f"{name}:{written}")
    return ";".join(kept)


def _one_of(*values: str) -> Writes:
    return lambda value: value if value in values else ""


def _spaces(value: str) -> str:
    sides = value.split(" ")
    fits = len(sides) <= 4 and all(side == "auto" or 0 <= _pixels(side) <= LARGEST_SPACE for side in sides)
    return value if fits else ""


def _letters(value: str) -> str:
    return value if SMALLEST_LETTER <= _pixels(value) <= LARGEST_LETTER else ""


def _ink(value: str) -> str:
    """As dark as it must be on paper."""
    parts = _linear_parts(value)
    if parts is None:
        return ""
    luminance = _luminance(parts)
    share = min(1.0, LIGHTEST_INK / luminance) if luminance else 1.0
    return _written(tuple(part * share for part in parts))


def _paper(value: str) -> str:
    """As light as it must be under ink."""
    parts = _linear_parts(value)
    if parts is None:
        return ""
    luminance = _luminance(parts)
    share = min(1.0, (1 - DARKEST_PAPER) / (1 - luminance)) if luminance < 1 else 1.0
    return _written(tuple(1 - (1 - part) * share for part in parts))


def _border(value: str) -> str:
    found = _BORDER.fullmatch(value)
    legible = found is not None and (found[2] is None or _linear_parts(found[2]) is not None)
    return value if legible or value == "0" else ""


def _pixels(value: str) -> float:
    """The length in pixels; -1 where it is none that we take."""
    found = _LENGTH.fullmatch(value)
    if not found or (found[2] is None and float(found[1]) != 0):
        return -1
    return float(found[1]) * (POINT if found[2] == "pt" else 1)


def _linear_parts(value: str) -> tuple[float, ...] | None:
    """Red, green and blue from 0 to 1, as light adds up; None for what is no colour that we take."""
    value = _NAMED.get(value, value)
    if found := _HEX.fullmatch(value):
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        parts = [int(digits[place : place + 2], 16) for place in (0, 2, 4)]
    elif found := _RGB.fullmatch(value):
        parts = [min(int(part), 255) for part in found.groups()]
    else:
        return None
    return tuple(part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in parts)


def _luminance(parts: tuple[float, ...]) -> float:
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _written(parts: tuple[float, ...]) -> str:
    bytes_ = (
        part * 3294.6 if part <= 0.0031308 else (1.055 * part ** (1 / 2.4) - 0.055) * 255 for part in parts
    )
    return "#" + "".join(f"{min(255, max(0, round(byte))):02x}" for byte in bytes_)


SIDES = ("top", "right", "bottom", "left")
PROPERTIES: dict[str, Writes] = {
    "color": _ink,
    "background-color": _paper,
    "background": _paper,
    "font-weight": _one_of("normal", "bold", "bolder", "400", "500", "600", "700", "800"),
    "font-style": _one_of("normal", "italic"),
    "font-size": _letters,
    "text-align": _one_of("left", "right", "center", "justify"),
    "text-decoration": _one_of("none", "underline", "line-through"),
    "vertical-align": _one_of("top", "middle", "bottom", "baseline"),
    "white-space": _one_of("normal", "pre-wrap"),
    "border-collapse": _one_of("collapse", "separate"),
    "list-style-type": _one_of("disc", "circle", "square", "decimal", "lower-alpha", "lower-roman", "none"),
    "border": _border,
    "margin": _spaces,
    "padding": _spaces,
    **{f"border-{side}": _border for side in SIDES},
    **{f"margin-{side}": _spaces for side in SIDES},
    **{f"padding-{side}": _spaces for side in SIDES},
}
