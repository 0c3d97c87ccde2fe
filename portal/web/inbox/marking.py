"""Mark the words of a search where they stand in a text: plain text everywhere, `<mark>` where a template shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.utils.html import escape

from portal.conversations.models import Attachment
from portal.conversations.passages import Excerpt, Sought, Span, composed
from portal.web.inbox.cards import MessageCard
from portal.web.inbox.note_cards import NoteCard

if TYPE_CHECKING:
    from portal.web.inbox.thread import Entry

FOUND_IN = "trouvé dans ce fichier"


class Marked(str):
    """A text and where its marks are; a filter, or anything that is not a template, sees the text alone."""

    spans: tuple[Span, ...]

    @classmethod
    def of(cls, text: str, spans: Iterable[Span]) -> Self:
        made = cls(text)
        made.spans = tuple(spans)
        return made

    def __html__(self) -> str:
        parts, last = [], 0
        for start, end in self.spans:
            parts += [escape(self[last:start]), "<mark>", escape(self[start:end]), "</mark>"]
            last = end
        return "".join([*parts, escape(self[last:])])


def of_excerpt(excerpt: Excerpt) -> Marked:
    return Marked.of(excerpt.text, excerpt.spans)


def marked(text: str, sought: Sought) -> str:
    """The text itself where nothing is to be marked."""
    level = composed(text)
    spans = sought.spans(level)
    return Marked.of(level, spans) if spans else text


def mark_entries(entries: tuple[Entry, ...], conversation_id: UUID, sought: Sought) -> tuple[Entry, ...]:
    """A thread with the words marked: a message that holds one is not folded, a file that does says so. One query."""
    files = _files_with(conversation_id, sought)
    return tuple(_mark(entry, sought, files) for entry in entries)


def _mark(entry: Entry, sought: Sought, files: frozenset[UUID]) -> Entry:
    if isinstance(entry, NoteCard):
        return replace(entry, text=marked(entry.text, sought))
    if not isinstance(entry, MessageCard):
        return entry
    text, quoted = marked(entry.text, sought), marked(entry.quoted, sought)
    attachments = tuple(
        replace(file, found=FOUND_IN if file.id in files else "", name=marked(file.name, sought))
        for file in entry.attachments
    )
    holds = isinstance(text, Marked) or any(file.found for file in attachments)
    return replace(
        entry, text=text, quoted=quoted, attachments=attachments, folded=entry.folded and not holds
    )


def _files_with(conversation_id: UUID, sought: Sought) -> frozenset[UUID]:
    files = Attachment.objects.filter(message__conversation=conversation_id, text__isnull=False)
    return frozenset(file.pk for file in files.only("text") if sought.excerpt(file.text or ""))
