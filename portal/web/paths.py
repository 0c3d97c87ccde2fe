"""Paths by name and ids. Django resolves a name anew each time, and a conversation names seventy of them."""

from __future__ import annotations

from functools import cache
from uuid import UUID, uuid4

from django.conf import settings
from django.urls import get_urlconf, reverse


def path(name: str, *ids: UUID) -> str:
    """As `reverse`, where every argument is an id. Raises NoReverseMatch."""
    return _shape(name, len(ids), get_urlconf() or settings.ROOT_URLCONF).format(*ids)


@cache
def _shape(name: str, count: int, urlconf: str) -> str:
    """The path with a place for each id."""
    stand_ins = [uuid4() for _ in range(count)]
    shape = reverse(name, urlconf=urlconf, args=stand_ins).replace("{", "{{").replace("}", "}}")
    for number, each in enumerate(stand_ins):
        shape = shape.replace(str(each), f"{{{number}}}")
    return shape
