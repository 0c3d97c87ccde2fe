"""What went through the shared mailboxes, in figures: counted by PostgreSQL from clear columns, nothing is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db import connection
from django.db.models import Count, DurationField, F, Q, QuerySet, Value
from django.db.models.functions import ExtractHour, TruncDate
from django.utils import timezone

from portal.conversations.automatic import AUTOMATIC
from portal.conversations.models import Conversation, ConversationKind, Message, MessageKind
from portal.lib.ids import first_id_of

# A message's key is made when it is filed, never earlier than a machine's clock may be wrong by.
CLOCKS_DIFFER = timedelta(days=1)
WAITS = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8), timedelta(days=1))
AGES = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Day:
    """Messages of one day, in the pharmacy's time zone."""

    day: date
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """How long correspondents waited for an answer to their first message of the period.

    `within` counts those answered in at most each of WAITS, then later ones; `none` have no answer yet.
    The median is None when nothing was answered.
    """

    within: tuple[int, ...]
    none: int
    median: timedelta | None
    ninth_of_ten: timedelta | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of `days` days up to now; `ages` are open conversations by how long their last message has waited (AGES)."""

    days: tuple[Day, ...]
    hours: tuple[int, ...]
    origins: dict[ConversationKind, int]
    answers: FirstAnswers
    ages: tuple[int, ...]


def statistics(days: int) -> Statistics:
    """Five statements, whatever there is. Personal mailboxes (owner) are nobody else's business and left out."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    since = timezone.make_aware(datetime.combine(first, time()))
    return Statistics(
        days=_by_day(since, first, days),
        hours=_by_hour(since),
        origins=_origins(since),
        answers=_first_answers(since),
        ages=_ages(),
    )


def _mail(since: datetime) -> QuerySet[Message]:
    """Found by the primary key, whose first bits are the time: no index of its own is kept up for this page.

    What Officinal answered by itself is no work of anybody, and left out.
    """
    return Message.objects.filter(
        id__gte=first_id_of(since - CLOCKS_DIFFER), at__gte=since, conversation__mailbox__owner=None
    ).exclude(what=AUTOMATIC)


def _by_day(since: datetime, first: date, days: int) -> tuple[Day, ...]:
    rows = (
        _mail(since)
        .annotate(day=TruncDate("at"))
        .values("day")
        .annotate(
            received=Count("pk", Q(kind=MessageKind.RECEIVED)), sent=Count("pk", Q(kind=MessageKind.SENT))
        )
        .order_by()
        .values_list("day", "received", "sent")
    )
    found = {day: (received, sent) for day, received, sent in rows}
    every = (first + timedelta(days=each) for each in range(days))
    return tuple(Day(day, *found.get(day, (0, 0))) for day in every)


def _by_hour(since: datetime) -> tuple[int, ...]:
    received = _mail(since).filter(kind=MessageKind.RECEIVED)
    rows = received.annotate(hour=ExtractHour("at")).values("hour").annotate(n=Count("pk")).order_by()
    found = dict(rows.values_list("hour", "n"))
    return tuple(found.get(hour, 0) for hour in range(24))


def _origins(since: datetime) -> dict[ConversationKind, int]:
    received = _mail(since).filter(kind=MessageKind.RECEIVED).order_by()
    found = dict(received.values_list("conversation__kind").annotate(n=Count("pk")))
    return {kind: found.get(kind.value, 0) for kind in ConversationKind}


FIRST_ANSWERS = """
WITH asked AS (
  SELECT m.conversation_id, min(m.at) AS at
  FROM conversations_message m
  JOIN conversations_conversation c ON c.id = m.conversation_id
  JOIN mailboxes_mailbox b ON b.id = c.mailbox_id
  WHERE m.kind = 'in' AND m.id >= %s AND m.at >= %s AND b.owner_id IS NULL
  GROUP BY m.conversation_id
), answered AS (
  SELECT (SELECT min(o.at) FROM conversations_message o
          WHERE o.conversation_id = asked.conversation_id AND o.kind = 'out'
            AND o.what <> %s AND o.at >= asked.at) - asked.at AS waited
  FROM asked
)
SELECT width_bucket(extract(epoch FROM waited), %s::numeric[]) AS bucket, count(*),
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FROM answered),
  (SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY waited) FROM answered)
FROM answered GROUP BY 1
"""


def _first_answers(since: datetime) -> FirstAnswers:
    bounds = [wait.total_seconds() for wait in WAITS]
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ANSWERS, [first_id_of(since - CLOCKS_DIFFER), since, AUTOMATIC, bounds])
        rows = cursor.fetchall()
    found = {bucket: count for bucket, count, *_ in rows}
    _, _, median, ninth = rows[0] if rows else (None, 0, None, None)
    return FirstAnswers(
        within=tuple(found.get(bucket, 0) for bucket in range(len(WAITS) + 1)),
        none=found.get(None, 0),
        median=median,
        ninth_of_ten=ninth,
    )


def _ages() -> tuple[int, ...]:
    """Each bound of AGES opens the next class: the first counts what is younger than it, the last what is older."""
    waiting = Conversation.objects.open().filter(mailbox__owner=None, last_received_at__isnull=False)
    age = {"age": Value(timezone.now()) - F("last_received_at")}
    bounds: Sequence[timedelta | None] = (None, *AGES, None)
    counts = {f"n{number}": Count("pk", _between(*pair)) for number, pair in enumerate(pairwise(bounds))}
    found = waiting.annotate(**age).aggregate(**counts)
    return tuple(found[name] for name in counts)


def _between(above: timedelta | None, below: timedelta | None) -> Q:
    wanted = Q()
    if above is not None:
        wanted &= Q(age__gte=Value(above, DurationField()))
    if below is not None:
        wanted &= Q(age__lt=Value(below, DurationField()))
    return wanted
