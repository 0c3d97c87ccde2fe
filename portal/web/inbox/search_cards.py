"""What a search says of itself, above and below what it found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchCard:
    """`failed`: it did not run, and nothing is known.

    `faults` is what is wrong in what was asked for. `reach` is partial when older messages were not looked at, end
    when there are none left; `more` is what leads on.
    """

    failed: bool = False
    faults: tuple[str, ...] = ()
    reach: str = ""
    more: str = ""
