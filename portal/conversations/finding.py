"""Find conversations: tokens under the pharmacy's key name the candidates, and each is read before it is shown."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import cycle, islice
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import Error, connection, transaction
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.labels import all_labels
from portal.conversations.listing import PAGE
from portal.conversations.models import Attachment, Conversation, Message, MessageQuerySet
from portal.conversations.passages import Excerpt, Sought
from portal.conversations.query import Query
from portal.conversations.reading import read_by
from portal.conversations.verifying import Verifier
from portal.lib.prepared import prepared
from portal.mailboxes.models import Mailbox
from portal.vault.index import EVERYWHERE, Field, fingerprint, query_tokens, tsquery_literal
from portal.vault.words import fold

if TYPE_CHECKING:
    from portal.team.models import User

# Newest first by their ids, which begin with the time: a word that every mail holds costs no more than a rare one.
# Most searches find a page among the first few; when many are read in vain, so many more are, and the page says so.
ROUNDS = (64, 128, 308)
MOST_SHOWN_BEFORE = 500
PATIENCE = "3s"
PARIS = ZoneInfo("Europe/Paris")
PEOPLE = frozenset({Field.NAME, Field.ADDRESS})
IN_FILES = frozenset({Field.FILE, Field.CONTENT})


class SearchUnavailable(Exception):
    """The search did not run to its end: nothing is known of what there is."""


@dataclass(frozen=True)
class Found:
    """A conversation, with its newest message that holds what was asked for; `where` names the file it stands in."""

    conversation: Conversation
    message: Message
    excerpt: Excerpt | None
    where: str = ""


@dataclass(frozen=True)
class Findings:
    """Newest first. `following` is where the next page begins; `cut` when candidates were left before a page was full.

    `doubtful` counts candidates that could not be opened.
    """

    rows: list[Found]
    following: UUID | None
    cut: bool
    doubtful: int = 0


def note_search(text: str, *, by: User) -> None:
    """Put a search into the journal: of its words only a fingerprint, as the object (security 3.4)."""
    asked = UUID(fingerprint("search", " ".join(text.casefold().split())))
    with transaction.atomic():
        record(Event.CONVERSATION_SEARCH, by=by, on=("search", asked))


def find(query: Query, *, by: User, after: UUID | None = None) -> Findings:
    """The conversations with a message that meets all of `query`, among those that `by` may see; older than `after`.

    A few statements, whatever is found.

    Raises:
        SearchUnavailable: see there.
    """
    try:
        with transaction.atomic():
            _limit_time()
            return _Search(query, by).page(after)
    except Error as error:
        raise SearchUnavailable from error


def sought(query: Query) -> Sought:
    """What is marked where it is found."""
    values = " ".join((*query.senders, *query.recipients, *query.patients, *query.files))
    return Sought((*query.words, *values.split()), query.phrases)


class _Search:
    """One search by one person."""

    def __init__(self, query: Query, by: User) -> None:
        self._query, self._by = query, by
        self._verifier = Verifier(query, by)
        self._sought = sought(query)
        self._matching = self._candidates()

    def page(self, after: UUID | None) -> Findings:
        found: dict[UUID, Message] = {}
        examined = after
        with closing(self._newest(after)) as candidates:
            for size in ROUNDS:
                batch = list(islice(candidates, size))
                for message in self._met(batch):
                    found.setdefault(message.conversation_id, message)
                    if len(found) > PAGE:
                        break
                examined = batch[-1].pk if batch else examined
                more = len(batch) == size
                if len(found) > PAGE or not more:
                    break
        if after:
            self._take_out_shown(found, after)
        return self._findings(list(found.values()), examined if more else None)

    def _newest(self, after: UUID | None) -> Generator[Message]:
        """The candidates older than `after`, brought round by round by one statement."""
        older = self._matching.filter(id__lt=after) if after else self._matching
        yield from older[: sum(ROUNDS)].iterator(chunk_size=ROUNDS[0])

    def _findings(self, messages: list[Message], examined: UUID | None) -> Findings:
        shown = messages[:PAGE]
        full = len(messages) > PAGE
        return Findings(
            rows=list(self._rows(shown)),
            following=shown[-1].pk if full else examined,
            cut=examined is not None and not full,
            doubtful=self._verifier.doubtful,
        )

    def _met(self, batch: list[Message]) -> Iterator[Message]:
        """Those that hold what was asked for, in order, read one after the other as they are asked for."""
        for number, message in enumerate(batch):
            if self._verifier.is_met(message):
                yield message
            elif self._verifier.reads_files and _has_files(message):
                yield from self._met_with_files(batch[number:])
                return

    def _met_with_files(self, batch: list[Message]) -> Iterator[Message]:
        """The same at once: files are asked for in one statement, of those alone that need it."""
        without = {message.pk for message in batch if self._verifier.is_met(message)}
        unsure = [message for message in batch if message.pk not in without and _has_files(message)]
        files = _files_of(unsure)
        within = {each.pk for each in unsure if self._verifier.is_met(each, files.get(each.pk, ()))}
        yield from (message for message in batch if message.pk in without | within)

    def _take_out_shown(self, found: dict[UUID, Message], after: UUID) -> None:
        """What an earlier page has shown, by a newer message of the same conversation."""
        if not found:
            return
        newer = self._matching.filter(id__gte=after, conversation__in=list(found))[:MOST_SHOWN_BEFORE]
        for message in self._met(list(newer)):
            found.pop(message.conversation_id, None)

    def _rows(self, messages: list[Message]) -> Iterator[Found]:
        if not messages:
            return
        wanted = [message.conversation_id for message in messages]
        # Always as many ids, some more than once: one SQL for all searches.
        found = _listed(self._by.pk, *islice(cycle(wanted), PAGE))
        listed = {conversation.pk: conversation for conversation in found}
        for message in messages:
            if (conversation := listed.get(message.conversation_id)) is not None:
                where, excerpt = self._verifier.excerpt(message, self._sought)
                yield Found(conversation, message, excerpt, where)

    def _candidates(self) -> MessageQuerySet:
        """Messages of the mailboxes that the person sees, newest first, with what is read of them."""
        read = ("id", "kind", "at", "headers", "text", "author_id", "conversation_id")
        seen = Mailbox.objects.seen_by(self._by.pk).values("id")
        messages = Message.objects.filter(self._conditions(), conversation__mailbox__in=seen)
        messages = messages.exclude(tokens=None).annotate(files=F("conversation__attachment_count"))
        if not self._query.patients:
            return messages.only(*read).order_by("-id")
        whose = messages.select_related("conversation")
        return whose.only(*read, "conversation__kind", "conversation__people").order_by("-id")

    def _conditions(self) -> Q:
        query = self._query
        wanted = _tokens(" ".join(query.words), EVERYWHERE)
        for phrase in query.phrases:
            wanted &= _tokens(" ".join(phrase), EVERYWHERE)
        for value in query.recipients:
            wanted &= _tokens(value, PEOPLE)
        for value in query.senders:
            wanted &= _tokens(value, PEOPLE) | Q(author__in=self._verifier.colleagues(value))
        for value in query.patients:
            wanted &= _tokens(value, PEOPLE | {Field.CONTENT})
        for value in query.files:
            wanted &= _tokens(value, IN_FILES)
        for value in query.labels:
            wanted &= Q(conversation__labels__overlap=labels_named(value))
        return wanted & _clear(query)


def labels_named(value: str) -> list[UUID]:
    """The labels that are called so, or begin so: `value` is folded."""
    return [label.pk for label in all_labels() if " ".join(fold(label.name).split()).startswith(value)]


def _clear(query: Query) -> Q:
    """What clear columns tell."""
    wanted = Q()
    if query.before:
        wanted &= Q(at__lt=_midnight(query.before))
    if query.since:
        wanted &= Q(at__gte=_midnight(query.since))
    if query.states:
        wanted &= Q(conversation__state__in=query.states)
    files = Attachment.objects.filter(message=OuterRef("pk"))
    if query.kinds:
        wanted &= Q(Exists(files.filter(kind__in=query.kinds)))
    if query.with_files is not None:
        wanted &= Q(Exists(files)) if query.with_files else ~Q(Exists(files))
    return wanted


def _tokens(text: str, fields: frozenset[Field]) -> Q:
    groups = query_tokens(text, fields=fields)
    if not groups:
        return Q()
    return Q(
        Func(
            F("tokens"),
            Value(tsquery_literal(groups)),
            template="%(expressions)s::tsquery",
            arg_joiner=" @@ ",
            output_field=BooleanField(),
        )
    )


def _files_of(messages: Iterable[Message]) -> dict[UUID, list[Attachment]]:
    found: dict[UUID, list[Attachment]] = {}
    files = Attachment.objects.filter(message__in=[message.pk for message in messages])
    for file in files.only("message_id", "name", "text", "reading").order_by("position"):
        found.setdefault(file.message_id, []).append(file)
    return found


def _has_files(message: Message) -> bool:
    return bool(vars(message)["files"])  # as `_candidates` gives it, for all its conversation


def _limit_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)


@prepared
def _listed(user_id: UUID, *ids: UUID) -> QuerySet[Conversation]:
    visible = Conversation.objects.visible_to(user_id).filter(pk__in=ids)
    return visible.for_lists().annotate(read=read_by(user_id))
