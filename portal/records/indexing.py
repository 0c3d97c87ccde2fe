"""Have the search know what it did not know at once: the words of files, and messages of before its rules changed.

The rows are the queue: what a killed worker left is there still, and doing it twice changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Func, Prefetch
from django.utils import timezone

from portal.conversations.models import INDEXED, Attachment, Message, MessageKind, WordsState
from portal.conversations.people import Kept, addresses_of
from portal.conversations.readiness import to_read
from portal.conversations.search import INDEX, added_tokens, tokens_of
from portal.documents.recognising import NotRecognised, program, recognise
from portal.documents.rendering import Illegible, NoSuchPage, render_page, words
from portal.documents.sniff import Kind
from portal.inbound.alone import alone
from portal.lib.confined import ChildUnavailable
from portal.lib.failpoints import reach
from portal.records.originals import Lost, bytes_of
from portal.vault.keys import Unopenable
from portal.vault.queries import SealedQuerySet
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

TURN_SECONDS = 20.0
AT_ONCE = 50
# Of one file: a long scan is read in part, and says so.
MOST_SCANS, SCAN_SECONDS = 10, 60.0
SCAN_WIDTH = 1654  # pixels: an A4 page at 200 dpi
LATER = timedelta(minutes=5)


def index_due(*, seconds: float = TURN_SECONDS) -> None:
    """One turn: newest first, until nothing is left or the time is over; then the next turn is asked for."""
    with alone(INDEX) as mine:
        if not mine:
            wake(INDEX, timezone.now() + LATER)
            return
        ends = time.monotonic() + seconds
        try:
            while (_tokens_again() or _read_one()) and time.monotonic() < ends:
                pass
        except ChildUnavailable:
            wake(INDEX, timezone.now() + LATER)
            raise
        ask_again()


def ask_again() -> None:
    """A wake-up, if anything is left to do now."""
    if Message.objects.filter(indexed__lt=INDEXED).exists() or _files().exists():
        wake(INDEX, timezone.now())


def _files() -> SealedQuerySet[Attachment]:
    """Files that people may open; scans too that waited for a program to read them."""
    states = [WordsState.WAITING, WordsState.OCR] if program() else [WordsState.WAITING]
    return to_read(*states)


def _tokens_again() -> bool:
    """Whether there were messages of before the rules changed: the next few have their tokens made again."""
    files = Prefetch("attachments", Attachment.objects.only("message_id", "name", "text"))
    older = (
        Message.objects.filter(indexed__lt=INDEXED).order_by("-id").defer("tokens").prefetch_related(files)
    )
    with transaction.atomic():
        batch = list(older.select_for_update(of=("self",))[:AT_ONCE])
        for message in batch:
            _make_tokens(message)
    return bool(batch)


def _make_tokens(message: Message) -> None:
    changes: dict[str, object] = {"indexed": INDEXED}
    if message.kind != MessageKind.EVENT:
        try:
            changes["tokens"] = _tokens_of(message)
        except Unopenable:
            logger.error("message %s cannot be opened: its tokens stay as they are", message.pk)  # noqa: TRY400
    Message.objects.filter(pk=message.pk).update(**changes)


def _tokens_of(message: Message) -> Func:
    headers, files = message.headers, list(message.attachments.all())
    sender = headers.get("from")
    people: Kept = [*([sender] if sender else []), *headers.get("to", []), *headers.get("cc", [])]
    return tokens_of(
        subject=str(headers.get("subject", "")),
        people=addresses_of(people),
        text=message.text,
        files=[file.name for file in files],
        contents=[file.text for file in files if file.text],
    )


def _read_one() -> bool:
    """Whether there was a file to read: the newest one is."""
    files = _files().select_related("message__conversation").defer("message__tokens", "text")
    file = files.order_by("-id").first()
    if file is None:
        return False
    text, state = _words_of(file)
    reach("index.before-words")
    with transaction.atomic():
        file.text, file.words = text, state
        file.save(update_fields=["text", "words"])
        if text:
            Message.objects.filter(pk=file.message_id).update(tokens=added_tokens(text))
    reach("index.after-words")
    return True


def _words_of(file: Attachment) -> tuple[str, WordsState]:
    try:
        data = bytes_of(file)
        found = words(data, Kind(file.kind))
    except (Lost, Illegible):
        return "", WordsState.FAILED
    if not found.scans:
        return found.text, WordsState.CUT if found.cut else WordsState.READ
    if not program():
        return found.text, WordsState.OCR
    seen, whole = _recognised(data, Kind(file.kind), found.scans)
    text = "\n".join(filter(None, (found.text, *seen)))
    if not text and not whole:
        return "", WordsState.FAILED
    return text, WordsState.READ if whole and not found.cut else WordsState.CUT


def _recognised(data: bytes, kind: Kind, scans: Sequence[int]) -> tuple[list[str], bool]:
    """The text of pages that are pictures, and whether that is all of them."""
    ends, whole = time.monotonic() + SCAN_SECONDS, len(scans) <= MOST_SCANS
    texts: list[str] = []
    for page in scans[:MOST_SCANS]:
        if time.monotonic() > ends:
            return texts, False
        try:
            texts.append(recognise(render_page(data, kind, page, SCAN_WIDTH)).strip())
        except (NotRecognised, Illegible, NoSuchPage):
            whole = False
    return texts, whole
