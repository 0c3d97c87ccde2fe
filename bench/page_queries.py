"""How many queries a page sends, counted where it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.urls import reverse

from bench.stage import House
from bench.statements import statements_by_transaction
from portal.conversations import listing
from portal.conversations.listing import View
from portal.web.inbox.places import PLACES, TO_DO, write_cursor
from tenants.backend.base import DatabaseWrapper
from tests.browsing import Browser, signed_in


@dataclass(frozen=True)
class Queries:
    """`switches`: statements that enter or leave the pharmacy, which Django does not count."""

    path: str
    counted: int
    switches: int


def queries_of(house: House, path: str, **headers: str) -> Queries:
    """A second visit to a page, by its titulaire; called inside the pharmacy."""
    return _ask(signed_in(house.person, house.pharmacy), path, **headers)


def search_queries(house: House, words: str) -> Queries:
    """A second look at what was found."""
    browser = signed_in(house.person, house.pharmacy)
    browser.post(reverse("search"), {"q": words})
    return _ask(browser, reverse("search"))


def list_queries(house: House) -> Iterator[Queries]:
    """Every list, its next page, what it polls, and a blank page to write on."""
    browser = signed_in(house.person, house.pharmacy)
    for place in PLACES.values():
        yield _ask(browser, place.url)
        yield _ask(browser, reverse("news", args=[place.slug]))
    following = listing.page(house.person, View.OPEN).following
    if following:
        yield _ask(browser, f"{TO_DO.url}?apres={write_cursor(following)}")
    yield _ask(browser, reverse("compose"))


def _ask(browser: Browser, path: str, **headers: str) -> Queries:
    browser.get(path, headers=headers)
    switched: list[object] = []
    handle = DatabaseWrapper._handle_search_path

    def counting(wrapper: DatabaseWrapper, cursor: Any = None) -> None:
        before = wrapper._applied
        handle(wrapper, cursor)
        if wrapper._applied != before:
            switched.append(wrapper._applied)

    with mock.patch.object(DatabaseWrapper, "_handle_search_path", counting):
        found = statements_by_transaction(lambda: _expect_page(browser, path, headers))
    return Queries(path, sum(map(len, found)), len(switched))


def _expect_page(browser: Browser, path: str, headers: dict[str, str]) -> None:
    status = browser.get(path, headers=headers).status_code
    if status != 200:
        raise AssertionError(f"{path}: {status}")
