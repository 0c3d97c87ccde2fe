"""Lines 9, 10 and 13: every view and a page far down, all counts at once, and how soon a mail can be found."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from django.urls import reverse

from bench.figures import Figure
from bench.stage import House
from bench.web import Visitor, high, looking_for, together
from portal.conversations.listing import Cursor
from portal.conversations.models import Conversation, Message
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.web.inbox.places import PLACES, TO_DO, write_cursor
from tenants.context import inside
from tests.inbound.letters import letter

# Letters that no seeded sentence holds.
RARE = "kaliémie"


def far_down(house: House) -> str:
    """The page in the middle of « À traiter »."""
    with inside(house.pharmacy):
        found = Conversation.objects.open().newest_first().values_list("last_message_at", "pk")
        at, pk = found[found.count() // 2]
    return f"{TO_DO.url}?apres={write_cursor(Cursor(at, pk))}"


def views(house: House, nadia: Visitor, floor: Visitor, rounds: int) -> Iterator[Figure]:
    """The slowest of all views, the middle of the longest one, and what the open page asks for again."""
    urls = {place.label: place.url for place in PLACES.values()}
    pages = [*urls.values(), far_down(house), reverse("news", args=[TO_DO.slug])]
    visits = [*((nadia, [page]) for page in pages), (floor, ["/"])]
    together(visits, 5)
    *found, deep, counts, bare = together(visits, max(20, rounds // 3))
    label, slowest = max(zip(urls, found, strict=True), key=lambda each: median(each[1]))
    yield Figure("9.view.p50", median(slowest), median(bare), f"« {label} », the slowest of {len(urls)}")
    yield Figure("9.view.p95", high(slowest), high(bare))
    yield Figure("9.deep.p50", median(deep), median(bare), "the middle of « À traiter », by key")
    yield Figure("9.deep.p95", high(deep), high(bare))
    yield Figure("10", median(counts), median(bare), "every count, and what is new")


def found_at_once(house: House, port: int) -> Figure:
    """A mail is looked for as soon as it is filed, with no task run meanwhile."""
    with inside(house.pharmacy):
        keep(house.mailbox, letter("Cabinet <resultats@labo-test.mssante.fr>", "Bilan", f"{RARE} à revoir"))
        process_stored()
        filed = Message.objects.order_by("-pk").values_list("conversation", flat=True)[0]
    shown = looking_for(house, port, RARE).get(reverse("search")).sent.decode()
    missing = 0 if str(filed) in shown else 1
    return Figure("13", missing, 0, "found by the first search after the commit that filed it")
