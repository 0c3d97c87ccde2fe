"""Find conversations by words: tokens under the pharmacy's key are compared, no text is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, F, Func, Value

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.listing import PAGE
from portal.conversations.models import Conversation, ConversationQuerySet, Message
from portal.conversations.reading import read_by
from portal.mailboxes.models import Mailbox
from portal.vault.index import fingerprint, query_tokens, tsquery_literal

if TYPE_CHECKING:
    from portal.team.models import User

LONGEST_QUERY = 200  # characters
# Newest first by their ids, which begin with the time: a word that every mail holds costs no more than a rare one.
MOST_HITS = 500
PATIENCE = "3s"


class NothingToLookFor(Exception):
    """No word of the query can be looked for: too short, or too common to be kept."""


class SearchUnavailable(Exception):
    """The search did not run to its end: nothing is known of what there is."""


@dataclass(frozen=True)
class Findings:
    """The newest conversations first; `partial` when there may be older ones besides."""

    rows: list[Conversation]
    partial: bool


def note_search(text: str, *, by: User) -> None:
    """Put a search into the journal: of its words only a fingerprint, as the object (security 3.4)."""
    asked = UUID(fingerprint("search", " ".join(text.casefold().split())))
    with transaction.atomic():
        record(Event.CONVERSATION_SEARCH, by=by, on=("search", asked))


def find(text: str, *, by: User) -> Findings:
    """The conversations with a message that holds every word of `text`, among those that `by` may see.

    Three statements, whatever is found.

    Raises:
        NothingToLookFor, SearchUnavailable: see there.
    """
    groups = query_tokens(text[:LONGEST_QUERY])
    if not groups:
        raise NothingToLookFor
    try:
        with transaction.atomic():
            _limit_time()
            hits = _hits(tsquery_literal(groups), by)
            rows = list(_rows(hits, by)[: PAGE + 1])
    except OperationalError as error:
        raise SearchUnavailable from error
    return Findings(rows[:PAGE], partial=len(rows) > PAGE or len(hits) == MOST_HITS)


def _limit_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])


def _hits(query: str, by: User) -> list[UUID]:
    """The conversations of the newest messages that answer the query, one for each message."""
    matching = Func(
        F("tokens"),
        Value(query),
        template="%(expressions)s::tsquery",
        arg_joiner=" @@ ",
        output_field=BooleanField(),
    )
    seen = Mailbox.objects.seen_by(by.id).values("id")
    found = Message.objects.filter(matching, conversation__mailbox__in=seen).order_by("-id")
    return list(found.values_list("conversation_id", flat=True)[:MOST_HITS])


def _rows(hits: Iterable[UUID], by: User) -> ConversationQuerySet:
    visible = Conversation.objects.visible_to(by.id).filter(pk__in=set(hits))
    return visible.newest_first().for_lists().annotate(read=read_by(by.id))
