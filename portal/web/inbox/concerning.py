"""« Notifications »: what concerns the one who looks, newest first, each conversation once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.conversations.concern_models import Concern, ConcernKind
from portal.conversations.concerns import MOST_SHOWN, newest, see_all
from portal.conversations.models import Conversation
from portal.conversations.reading import read_by
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.cards import Chip, ListCard, Row
from portal.web.inbox.draft_cards import drafted_by
from portal.web.inbox.people import first_name
from portal.web.inbox.places import CONCERNS
from portal.web.inbox.rows import marks_of, row
from portal.web.paths import path
from portal.web.requests import StaffRequest

NEW, SEEN = "Nouvelles", "Déjà vues"
NOT_ALL = f"Les {MOST_SHOWN} plus récentes sont affichées."
WORDS: dict[ConcernKind, tuple[str, str]] = {
    ConcernKind.MENTION: ("{who} vous a mentionné", "bell"),
    ConcernKind.ASSIGNED: ("{who} vous l’a confié", "user-plus"),
    ConcernKind.SENT_BACK: ("Renvoyé par {who}", "undo-2"),
    ConcernKind.STOPPED: ("Votre envoi a été arrêté", "triangle-alert"),
    ConcernKind.FAILED: ("Votre envoi a échoué", "circle-x"),
    ConcernKind.RETURNED: ("De retour, comme demandé", "clock"),
}


@requires(Permission.READ)
@require_POST
def concerns_seen(request: StaffRequest) -> HttpResponse:
    """« Tout marquer comme lu »."""
    see_all(by=request.user)
    return HttpResponseRedirect(CONCERNS.url)


def concerns_page(me: User, current: UUID | None) -> ListCard:
    """Three queries, and one where a send is in doubt."""
    found = newest(me)
    rows = tuple(_rows(me, found, current))
    unread = any(each.unread for each in rows)
    return ListCard(
        view=CONCERNS.slug,
        title=CONCERNS.label,
        rows=rows,
        remark=NOT_ALL if len(found) >= MOST_SHOWN else "",
        seen_url=reverse("concerns_seen") if unread else "",
    )


def _rows(me: User, found: list[Concern], current: UUID | None) -> Iterator[Row]:
    visible = Conversation.objects.visible_to(me.pk).filter(pk__in=[each.conversation_id for each in found])
    known = {each.pk: each for each in visible.for_lists().annotate(read=read_by(me.pk))}
    marks = marks_of(list(known.values()), drafted_by(me) if known else {})
    for concern in found:
        there = known.get(concern.about)
        if there is not None:
            listed = row(there, me=me, place=CONCERNS, marks=marks, current=current)
            yield _marked(concern, listed, [*_chips(concern), *listed.chips])
        elif concern.conversation_id is None:
            yield _marked(concern, _of_draft(concern), list(_chips(concern)))


def _marked(concern: Concern, listed: Row, chips: list[Chip]) -> Row:
    is_new = concern.read_at is None
    return replace(
        listed,
        at=concern.at,
        chips=tuple(chips),
        unread=is_new,
        untouched=False,
        group=NEW if is_new else SEEN,
    )


def _of_draft(concern: Concern) -> Row:
    """A message that is in no conversation yet; its words are read where it is written."""
    return Row(
        conversation_id=concern.about,
        url=path("compose_draft", concern.about),
        who="Votre message",
        initials="…",
        kind="unknown",
        at=concern.at,
        subject="Nouveau message, pas encore parti",
        snippet="",
        in_place=False,
    )


def _chips(concern: Concern) -> Iterator[Chip]:
    """The last thing first, with who did it."""
    who = first_name(concern.by.display_name) if concern.by else "Un collègue"
    for number, kind in enumerate(reversed(concern.kinds)):
        words, icon = WORDS[ConcernKind(kind)]
        yield Chip(words.format(who=who if number == 0 else "un collègue"), "warn", icon)
