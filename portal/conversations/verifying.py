"""Read a candidate of a search: does it truly hold what was asked for, and where?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from portal.conversations.models import Attachment, ConversationKind, Message, MessageKind
from portal.conversations.passages import Excerpt, Sought
from portal.conversations.query import ME, Query
from portal.documents.readings import Reading
from portal.mail.jsonform import BadForm, from_json
from portal.team.models import User
from portal.vault.keys import Unopenable
from portal.vault.words import fold, words

if TYPE_CHECKING:
    from portal.conversations.people import Kept

WITH_PATIENT = (ConversationKind.PATIENT, ConversationKind.FORM)


class Verifier:
    """Tests messages against one query. `doubtful` counts those that could not be opened."""

    def __init__(self, query: Query, by: User) -> None:
        self._query, self._by = query, by
        self._plain = Sought(query.words, query.phrases)
        self._senders, self._recipients, self._patients, self._files = (
            [Sought(words(value), numbers=True) for value in values]
            for values in (query.senders, query.recipients, query.patients, query.files)
        )
        self._opened: dict[UUID, Sequence[Attachment]] = {}
        self._colleagues: list[tuple[UUID, str]] | None = None
        self.doubtful = 0

    @property
    def reads_files(self) -> bool:
        return bool(self._plain or self._patients or self._files)

    def colleagues(self, value: str) -> list[UUID]:
        """Who of the team is meant by `de:`."""
        if value == ME:
            return [self._by.pk]
        if self._colleagues is None:
            self._colleagues = list(User.objects.values_list("pk", "display_name"))
        wanted = Sought(words(value))
        return [pk for pk, name in self._colleagues if wanted.all_in([fold(name)])]

    def is_met(self, message: Message, files: Sequence[Attachment] = ()) -> bool:
        """With its files' words when they are given."""
        try:
            met = self._is_met(message, files)
        except Unopenable:
            self.doubtful += 1
            return False
        if met and files:
            self._opened[message.pk] = files
        return met

    def excerpt(self, message: Message, sought: Sought) -> tuple[str, Excerpt | None]:
        """Where the words stand: in the message itself, else in one of its files, which is then named."""
        if (found := sought.excerpt(message.text)) is not None:
            return "", found
        for file in self._opened.get(message.pk, ()):
            if (found := sought.excerpt(file.text or "")) is not None:
                return file.name, found
        return "", None

    def _is_met(self, message: Message, files: Sequence[Attachment]) -> bool:
        headers = message.headers
        if not self._all(self._recipients, _people([*headers.get("to", []), *headers.get("cc", [])])):
            return False
        if not all(self._is_from(message, value, each) for value, each in self._said_senders()):
            return False
        if not self._all(self._patients, _patients(message, files) if self._patients else []):
            return False
        within = [fold(text) for file in files for text in (file.name, file.text or "")]
        if not self._all(self._files, within):
            return False
        return not self._plain or self._plain.all_in([*_texts(message, headers), *within])

    def _said_senders(self) -> Iterable[tuple[str, Sought]]:
        return zip(self._query.senders, self._senders, strict=True)

    def _is_from(self, message: Message, value: str, sought: Sought) -> bool:
        if message.kind == MessageKind.RECEIVED:
            sender = message.headers.get("from")
            return sought.all_in(_people([sender] if sender else []))
        return message.author_id in self.colleagues(value)

    def _all(self, wanted: Iterable[Sought], texts: list[str]) -> bool:
        return all(each.all_in(texts) for each in wanted)


def _texts(message: Message, headers: dict[str, Any]) -> list[str]:
    sender = headers.get("from")
    people: Kept = [*([sender] if sender else []), *headers.get("to", []), *headers.get("cc", [])]
    return [fold(str(headers.get("subject", ""))), *_people(people), fold(message.text)]


def _people(people: Kept) -> list[str]:
    return [fold(f"{each['label']} {each['address']}") for each in people]


def _patients(message: Message, files: Iterable[Attachment]) -> list[str]:
    """Whom the conversation is with, if that is a patient; and whom documents of health are about."""
    conversation = message.conversation
    first = conversation.people[:1] if conversation.kind in WITH_PATIENT else []
    return [*_people(first), *(fold(name) for file in files for name in patients_in(file))]


def patients_in(file: Attachment) -> list[str]:
    """The patients of what was read in a file."""
    try:
        reading = from_json(Reading, (file.reading or "{}").encode())
    except BadForm:
        return []
    found = [document.patient for document in reading.documents if document.patient]
    return [f"{each.first_names} {each.birth_name} {each.ins}" for each in found]
