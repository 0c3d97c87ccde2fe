"""Whether alerts reach people: for the responsible person's screens, inside a statement that is there anyway."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Case, DateTimeField, F, Subquery, When
from django.db.models.functions import Now

from portal.notices.models import Notice, NoticeState

SHOWN_FOR = timedelta(days=1)


def unheard_since() -> Subquery:
    """When the last alert of the day was given up; null when it left, or there was none."""
    over = Notice.objects.filter(
        rung__isnull=False,
        state__in=(NoticeState.SENT, NoticeState.FAILED),
        created_at__gt=Now() - SHOWN_FOR,
    )
    at = Case(When(state=NoticeState.FAILED, then=F("done_at")), output_field=DateTimeField())
    return Subquery(over.order_by("-created_at").annotate(given_up=at).values("given_up")[:1])
