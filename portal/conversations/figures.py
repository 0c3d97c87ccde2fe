"""How much waits in the mailboxes that the team shares, and since when: numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Sum
from django.db.models.functions import Coalesce

from portal.conversations.models import Conversation, Counter, CounterKind


@dataclass(frozen=True, slots=True)
class Figures:
    """`unopened` are of those to do; each with the moment of the oldest, None where there is none."""

    to_do: int
    oldest_to_do: datetime | None
    unopened: int
    oldest_unopened: datetime | None


def figures() -> Figures:
    """Three short queries, none of which reads more than what nobody opened."""
    counted = Counter.objects.filter(kind=CounterKind.OPEN, user=None, mailbox__owner=None)
    shared = Conversation.objects.open().filter(mailbox__owner=None)
    unopened = shared.filter(unopened=True).aggregate(
        n=Count("id"), oldest=Min(Coalesce("unopened_since", "last_received_at"))
    )
    oldest = shared.order_by("last_message_at", "id").values_list("last_message_at", flat=True).first()
    return Figures(
        to_do=counted.aggregate(n=Sum("n"))["n"] or 0,
        oldest_to_do=oldest,
        unopened=unopened["n"],
        oldest_unopened=unopened["oldest"],
    )
