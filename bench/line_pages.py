"""Lines 6 to 14 and 21: the team's pages, through gunicorn, by somebody signed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from threading import Thread
from time import perf_counter
from uuid import UUID

from django.db import connections
from django.urls import reverse

from bench import line_answering, line_views
from bench.figures import Figure
from bench.hands import Hands
from bench.line_ingest import keep
from bench.mails import Writer
from bench.page_queries import list_queries, queries_of, search_queries
from bench.page_weight import first_load, later_move
from bench.seeding import FILES_EACH, add_files, seed
from bench.stage import House, Stage
from bench.usage import cpu_seconds
from bench.web import Visitor, high, looking_for, member, running, together
from portal.conversations.models import Conversation
from portal.inbound.process import process_stored
from portal.web.inbox.places import TO_DO
from tenants.context import inside
from tenants.fences import OWNER

BARE_QUERIES = 3
GROWTH = 5
THREADS, THREAD_LENGTH = 10, 10
WITH_FILES = 200
WARM_UP = 20
CLICK = {"HX-Request": "true"}
SHORT, LONG = 20, 60  # answers
# The seeded mails all end with the last sentence; the first one begins a fifth of them (bench/seeding.py).
EVERYWHERE, IN_A_FIFTH = "rupture injectable", "adresse habituel"
PHRASE, NARROW = '"le prescripteur accepte" substit', "patient:durand état:terminé pj:non renouvell"
# In every mail stands a word with the same root, and in none this one: as many are read in vain as ever are.
IN_VAIN = "prescriptible"


def measure(stage: Stage) -> Iterator[Figure]:
    """The floor is asked in turn with ours: a bare Django page of fifty clear rows behind the same gunicorn."""
    many, rounds = (
        (stage.conversations or 10_000, 60) if stage.short else (stage.conversations or 50_000, 300)
    )
    _fill(stage, many)
    with inside(stage.soleil.pharmacy):
        threads = _threads(stage.soleil)
    with ExitStack() as servers:
        log = stage.place.folder / "web.log"
        web, web_port = servers.enter_context(running("portal.wsgi:application", log))
        _, bare_port = servers.enter_context(running("bench.bare:application", log))
        nadia, hugo = member(stage.soleil, web_port), member(stage.gare, web_port)
        floor = Visitor(bare_port, {"Cookie": "sid=key"})
        yield from _lists(stage, (nadia, hugo, floor), web.pid, many, rounds)
        yield from line_views.views(stage.soleil, nadia, floor, rounds)
        yield from _searching(stage, web_port, floor, rounds)
        yield line_views.found_at_once(stage.soleil, web_port)
        yield from _opening(stage, nadia, floor, threads, rounds)
        yield from _weights(nadia, threads)
        pair = [member(stage.soleil, web_port) for _ in range(2)]
        yield from line_answering.measure(
            pair, floor, _unanswered(stage.soleil, SHORT if stage.short else LONG)
        )


def _fill(stage: Stage, many: int) -> None:
    with Hands(stage.place.folder / "seed.log") as hands:
        orders = zip(stage.ids, (many, many // GROWTH), strict=True)
        hands.each(seed, [(*ids, upto) for ids, upto in orders])
    with connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE")


def _threads(house: House) -> list[UUID]:
    """Conversations of ten mails, taken in as any mail is."""
    writer = Writer(house.mailbox.address, seed=11)
    for _ in range(THREADS):
        keep(house.mailbox, writer.thread(THREAD_LENGTH))
        process_stored()
    newest = Conversation.objects.newest_first().values_list("pk", "message_count")[:THREADS]
    found = [pk for pk, length in newest if length == THREAD_LENGTH]
    if len(found) != THREADS:
        raise AssertionError("the mails of a thread were not joined")
    return found


def _unanswered(house: House, many: int) -> list[UUID]:
    """Conversations of patients, whom one writes to only as an answer."""
    with inside(house.pharmacy):
        return list(Conversation.objects.open().newest_first().values_list("pk", flat=True)[THREADS:][:many])


def _lists(
    stage: Stage, visitors: tuple[Visitor, Visitor, Visitor], web: int, many: int, rounds: int
) -> Iterator[Figure]:
    nadia, hugo, floor = visitors
    visits = [(nadia, [TO_DO.url]), (hugo, [TO_DO.url]), (floor, ["/"])]
    together(visits, WARM_UP)
    before = cpu_seconds(web)
    ours, few, bare_page = together(visits, rounds)
    cpu = 1000 * (cpu_seconds(web) - before) / (2 * rounds)
    note = f"{many:,} conversations, {cpu:.1f} ms CPU of the web process; floor: a bare Django page"
    yield Figure("6.p50", median(ours), median(bare_page), note)
    yield Figure("6.p95", high(ours), high(bare_page))
    with inside(stage.soleil.pharmacy):
        yield Figure("6.queries", queries_of(stage.soleil, TO_DO.url).counted, BARE_QUERIES)
        worst = max(list_queries(stage.soleil), key=lambda each: each.counted)
    note = f"{worst.path}; besides them {worst.switches} to enter the pharmacy"
    yield Figure("8", worst.counted, BARE_QUERIES, note)
    growth = median(ours) / median(few)
    yield Figure("8.growth", growth, 1.0, f"{many:,} against {many // GROWTH:,} conversations")
    yield _with_files(stage, visits[:2], rounds, growth)
    yield Figure("7", _throughput(nadia, TO_DO.url, rounds), _throughput(floor, "/", rounds))


def _with_files(
    stage: Stage, visits: Sequence[tuple[Visitor, Sequence[str]]], rounds: int, before: float
) -> Figure:
    """Hugo's list once its mails have files, against Nadia's which have none, as they stood before."""
    with inside(stage.gare.pharmacy):
        add_files(list(Conversation.objects.newest_first()[:WITH_FILES]))
    without, files = together(visits, rounds)
    note = f"{FILES_EACH} files in each of the newest {WITH_FILES}"
    return Figure("8.files", before * median(files) / median(without), 1.0, note)


def _opening(
    stage: Stage, nadia: Visitor, floor: Visitor, threads: Sequence[UUID], rounds: int
) -> Iterator[Figure]:
    """A row is clicked (htmx brings the right column), or the whole page is asked for, as after a reload."""
    pages = [reverse("conversation", args=[pk]) for pk in threads]
    clicking = Visitor(nadia.port, nadia.headers | CLICK)
    visits = [(clicking, pages), (nadia, pages), (floor, ["/"])]
    together(visits, WARM_UP)
    click, whole, bare_page = together(visits, rounds)
    yield Figure("11.p50", median(click), median(bare_page), "a click in the list, written in the journal")
    yield Figure("11.p95", high(click), high(bare_page))
    yield Figure("11.page.p50", median(whole), median(bare_page), "with the list beside it")
    with inside(stage.soleil.pharmacy):
        yield Figure("11.queries", queries_of(stage.soleil, pages[0], **CLICK).counted, BARE_QUERIES)
        yield Figure("11.page.queries", queries_of(stage.soleil, pages[0]).counted, BARE_QUERIES)


def _searching(stage: Stage, port: int, floor: Visitor, rounds: int) -> Iterator[Figure]:
    """The fifty newest rows of what was found; what was asked for before waits in the session."""
    asked = {"many": EVERYWHERE, "some": IN_A_FIFTH, "phrase": PHRASE, "narrow": NARROW, "vain": IN_VAIN}
    askers = [looking_for(stage.soleil, port, words) for words in asked.values()]
    path = reverse("search")
    visits = [*((asker, [path]) for asker in askers), (floor, ["/"])]
    together(visits, WARM_UP)
    *found, bare_page = together(visits, rounds)
    for (line, words), times in zip(asked.items(), found, strict=True):
        note = f"« {words} »; half in {median(times):.0f} ms"
        yield Figure(f"12.{line}", high(times), high(bare_page), note)
    with inside(stage.soleil.pharmacy):
        counts = [search_queries(stage.soleil, words).counted for words in asked.values()]
    yield Figure("12.queries", max(counts), BARE_QUERIES, ", ".join(map(str, counts)))


def _weights(nadia: Visitor, threads: Sequence[UUID]) -> Iterator[Figure]:
    yield Figure("21.first", first_load(nadia, TO_DO.url) / 1024, None, "page, styles, scripts, fonts, icons")
    moves = [TO_DO.url, reverse("conversation", args=[threads[0]])]
    yield Figure(
        "21.later", max(later_move(nadia, move) for move in moves) / 1024, None, "list, or conversation"
    )


def _throughput(visitor: Visitor, path: str, rounds: int) -> float:
    """Requests a second for two who never pause."""
    pair = [Visitor(visitor.port, visitor.headers) for _ in range(2)]
    began = perf_counter()
    threads = [Thread(target=together, args=([(each, [path])], rounds)) for each in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(pair) * rounds / (perf_counter() - began)
