"""One measured figure, and what was wanted of it (the goals: `must` is to be met, `aim` is where we want to be)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Goal:
    """`counted`: a number of queries, statements or bytes, the same on any machine, so missing it is a failure."""

    what: str
    unit: str
    better: Better
    must: float
    aim: float
    counted: bool = False


@dataclass(frozen=True)
class Figure:
    """A measurement of the line `id`; `floor` is None where the least possible is nothing. `note` is for people."""

    id: str
    value: float
    floor: float | None = None
    note: str = ""

    @property
    def goal(self) -> Goal:
        return GOALS[self.id]

    @property
    def meets_must(self) -> bool:
        return self._reaches(self.goal.must)

    @property
    def meets_aim(self) -> bool:
        return self._reaches(self.goal.aim)

    def _reaches(self, wanted: float) -> bool:
        return self.value >= wanted if self.goal.better == Better.HIGHER else self.value <= wanted


HIGHER, LOWER = Better.HIGHER, Better.LOWER
GOALS = {
    "1": Goal("text mails taken in, 2 processes", "mails/s", HIGHER, 110, 180),
    "2": Goal("CPU per text mail, all processes", "ms", LOWER, 17, 10),
    "3": Goal("SQL statements per text mail, its transaction", "statements", LOWER, 12, 8, counted=True),
    "4": Goal("mails with a 1 MB PDF taken in, 2 processes", "mails/s", HIGHER, 28, 45),
    "5.growth": Goal("CPU per text mail, many stored against few", "times", LOWER, 1.1, 1.03),
    "5.answer": Goal("CPU per text mail, an answer against a new one", "times", LOWER, 1.1, 1.03),
    "6.p50": Goal("inbox page 1, 50 rows, half of the requests", "ms", LOWER, 20, 12),
    "6.p95": Goal("inbox page 1, 50 rows, 19 requests in 20", "ms", LOWER, 35, 20),
    "6.queries": Goal("inbox page 1, queries", "queries", LOWER, 10, 6, counted=True),
    "7": Goal("inbox page 1, two browsers without a pause", "requests/s", HIGHER, 90, 150),
    "8": Goal("any list page, queries", "queries", LOWER, 10, 6, counted=True),
    "8.growth": Goal("list page, five times the conversations", "times", LOWER, 1.1, 1.0),
    "8.files": Goal("list page, ten attachments each against none", "times", LOWER, 1.05, 1.0),
    "9.view.p50": Goal("the slowest view, half of the requests", "ms", LOWER, 20, 12),
    "9.view.p95": Goal("the slowest view, 19 requests in 20", "ms", LOWER, 35, 20),
    "9.deep.p50": Goal("a page in the middle of the list, half", "ms", LOWER, 20, 12),
    "9.deep.p95": Goal("a page in the middle of the list, 19 in 20", "ms", LOWER, 35, 20),
    "10": Goal("all views with their counts, half", "ms", LOWER, 15, 8),
    "11.p50": Goal("open a conversation of 10 mails, half", "ms", LOWER, 25, 15),
    "11.p95": Goal("open a conversation of 10 mails, 19 in 20", "ms", LOWER, 40, 25),
    "11.queries": Goal("open a conversation of 10 mails, queries", "queries", LOWER, 12, 12, counted=True),
    "11.page.p50": Goal("the same as a whole page, half", "ms", LOWER, 40, 25),
    "11.page.queries": Goal("the same as a whole page, queries", "queries", LOWER, 12, 12, counted=True),
    "12.many": Goal("search 2 words, found everywhere, 19 in 20", "ms", LOWER, 60, 30),
    "12.some": Goal("search 2 words, found in a fifth, 19 in 20", "ms", LOWER, 60, 30),
    "12.phrase": Goal("search a phrase and the beginning of a word, 19 in 20", "ms", LOWER, 60, 30),
    "12.narrow": Goal("search with three operators, 19 in 20", "ms", LOWER, 60, 30),
    "12.vain": Goal("search for what 500 mails are read in vain, 19 in 20", "ms", LOWER, 150, 60),
    "12.queries": Goal("the page of a search, queries", "queries", LOWER, 10, 8, counted=True),
    "13": Goal("tasks to wait for until a mail is found", "tasks", LOWER, 0, 0, counted=True),
    "14.save": Goal("save a draft, 2 browsers, half", "ms", LOWER, 20, 12),
    "14.send": Goal("send an answer, 2 browsers, half", "ms", LOWER, 30, 18),
    "15": Goal("mails sent to a local sink, 2 processes", "mails/s", HIGHER, 150, 300),
    "16": Goal("mails fetched, sealed and committed", "mails/s", HIGHER, 300, 600),
    "17.web": Goal("memory (PSS) of a web worker", "MB", LOWER, 95, 80),
    "17.stack": Goal("memory (PSS) of all but PostgreSQL", "MB", LOWER, 400, 300),
    "18.text": Goal("stored bytes per text mail, index included", "KB", LOWER, 11, 8, counted=True),
    "18.pdf": Goal("stored bytes per byte of a PDF", "times", LOWER, 1.45, 1.05, counted=True),
    "19": Goal("log bytes per mail taken in", "bytes", LOWER, 600, 600, counted=True),
    "21.first": Goal("first load of the inbox, compressed", "KB", LOWER, 100, 60, counted=True),
    "21.later": Goal("a later move in the inbox, compressed", "KB", LOWER, 15, 8, counted=True),
    "22.delay": Goal("200 live browsers told of a change, the last of them", "ms", LOWER, 200, 150),
    "22.held": Goal("live browsers held by one process of events", "browsers", HIGHER, 1_500, 3_000),
    "22.memory": Goal("memory (PSS) of that process", "MB", LOWER, 150, 80),
    "23.create": Goal("open a pharmacy", "s", LOWER, 0.5, 0.15),
    "23.visit": Goal("visit 500 pharmacies that need no migration", "s", LOWER, 1, 0.3),
    "27.pdf.first": Goal("first look at page 1 of a 12-page PDF", "ms", LOWER, 250, 120),
    "27.pdf.cached": Goal("the same page again", "ms", LOWER, 25, 12),
    "27.pdf.next": Goal("first look at its next pages", "ms", LOWER, 200, 100),
    "27.photo.first": Goal("first look at a photo of 12 megapixels", "ms", LOWER, 400, 250),
    "28.weight": Goal("first load of the patients' form, compressed", "KB", LOWER, 60, 45, counted=True),
    "28.photos": Goal("ten photos of 1 MB, each examined and sealed", "s", LOWER, 8, 4),
    "28.submit": Goal("the form with its ten photos sent", "ms", LOWER, 600, 300),
    "27.photo.cached": Goal("the same photo again", "ms", LOWER, 25, 12),
    "29.load": Goal("rows of the directory loaded and indexed", "rows/s", HIGHER, 3_000, 8_000),
    "29.memory": Goal("memory of the loading process", "MB", LOWER, 300, 150),
    "29.p95": Goal("look in the directory while typing, 19 in 20", "ms", LOWER, 50, 25),
    "29.answer": Goal("the same as the composer is answered, 19 in 20", "ms", LOWER, 80, 50),
}
