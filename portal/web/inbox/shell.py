"""What surrounds a conversation: who is signed in, the views with their counts, one page of the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from portal.conversations import counters, listing
from portal.conversations.listing import Cursor, View
from portal.conversations.models import Conversation, CounterKind
from portal.inbound import quarantine
from portal.inbound.models import RawMessage
from portal.inbound.reasons import sentence
from portal.team.models import User
from portal.web.inbox.cards import ListCard, QuarantineRow, ShellCard
from portal.web.inbox.concerning import concerns_page
from portal.web.inbox.draft_cards import drafted_by
from portal.web.inbox.faults import mailbox_faults, mailboxes_of
from portal.web.inbox.label_cards import links
from portal.web.inbox.label_list import label_page
from portal.web.inbox.later_list import with_scheduled
from portal.web.inbox.nav_cards import NavItem
from portal.web.inbox.people import person
from portal.web.inbox.places import (
    CONCERNS,
    EPOCH,
    LABELS,
    PLACES,
    PRESCRIPTIONS,
    REVIEW,
    SEARCH,
    SENT,
    TO_DO,
    Place,
    write_cursor,
)
from portal.web.inbox.review_list import review_page
from portal.web.inbox.rows import marks_of, row
from portal.web.paths import path
from portal.web.prescriptions.listing import prescriptions_page

NOTHING = Cursor(EPOCH, UUID(int=0))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the list stands: which view, from which row on, and what is open beside it.

    `drafted` are the conversations with a draft of this person, where they are known already;
    `listing` stands in for the page of the view: what was found by `words`. `alone`: no list is shown, and of it only
    the row of what is open is asked for, with the one below it.
    """

    place: Place
    after: Cursor | None = None
    current: Conversation | RawMessage | None = None
    drafted: Mapping[UUID, bool] | None = None
    listing: ListCard | None = None
    words: str = ""
    alone: bool = False


def shell(me: User, spot: Spot) -> ShellCard:
    """Five queries at most, whatever the mailbox holds. Beside a conversation only its own mailbox is spoken of."""
    opened, counts = spot.current, counters.counts(me.pk)
    concerned = mailboxes_of(me, only=opened.mailbox_id if isinstance(opened, Conversation) else None)
    return ShellCard(
        me=person(me),
        nav=nav(counts, spot.place),
        listing=spot.listing or _listing(me, spot),
        search_url=path("search"),
        words=spot.words,
        faults=mailbox_faults(concerned, now=timezone.now()),
        handover=counts[CounterKind.HANDOVER] > 0,
    )


def nav(counts: Mapping[CounterKind, int], here: Place | None) -> tuple[NavItem, ...]:
    """The views with their counts."""
    here = LABELS if here and here.tag else here
    return tuple(
        NavItem(
            view=place.slug,
            label=place.label,
            url=place.url,
            count=counts[place.count] if place.count else 0,
            current=place is here,
            alarm=place.alarm,
        )
        for place in PLACES.values()
        if place.in_menu or place is here
    )


def _listing(me: User, spot: Spot) -> ListCard:
    if spot.place is CONCERNS:
        return concerns_page(me, spot.current.pk if spot.current else None)
    if spot.place is SEARCH:  # where nothing is at hand of what was found
        return page(me, replace(spot, place=TO_DO))
    if spot.place is PRESCRIPTIONS:
        return prescriptions_page(me, spot.current.pk if spot.current else None)
    if spot.place is REVIEW:
        return review_page(me, spot.current.pk if spot.current else None)
    if spot.place.tag:
        return label_page(
            me, spot.place.tag, after=spot.after, current=spot.current.pk if spot.current else None
        )
    if spot.place is LABELS:
        return ListCard(view=spot.place.slug, title=spot.place.label, labels=links())
    return quarantined_page(me, spot) if spot.place.view is None else page(me, spot)


def page(me: User, spot: Spot) -> ListCard:
    """Fifty conversations."""
    place = spot.place
    if place.view is None:
        raise ValueError(place)
    found = _found(me, place.view, spot)
    marks = marks_of(found.rows, drafted_by(me) if spot.drafted is None else spot.drafted)
    current = spot.current.pk if spot.current else None
    rows = tuple(row(each, me=me, place=place, marks=marks, current=current) for each in found.rows)
    return ListCard(
        view=place.slug,
        title=place.label,
        rows=with_scheduled(me, rows, current) if place is SENT and not spot.after else rows,
        more_url=f"{place.url}?apres={write_cursor(found.following)}" if found.following else "",
        ticks=True,
        poll_url="" if spot.after else _poll_url(place, found),
    )


def _found(me: User, view: View, spot: Spot) -> listing.Page:
    """On top of « Envoyés » stands what leaves later, so it is always asked for as a whole."""
    if spot.alone and isinstance(spot.current, Conversation) and spot.place is not SENT:
        return listing.beside(me, view, spot.current)
    return listing.page(me, view, after=spot.after)


def quarantined_page(me: User, spot: Spot) -> ListCard:
    """Fifty messages that could not be filed."""
    after = (spot.after.at, spot.after.id) if spot.after else None
    found = quarantine.page(me, after=after)
    current = spot.current.pk if spot.current else None
    last = found[-1] if len(found) == quarantine.PAGE else None
    more = write_cursor(Cursor(last.stored_at, last.pk)) if last else ""
    return ListCard(
        view=spot.place.slug,
        title=spot.place.label,
        quarantined=tuple(_quarantine_row(raw, current) for raw in found),
        more_url=f"{spot.place.url}?apres={more}" if more else "",
    )


def news(me: User, place: Place, since: Cursor) -> ShellCard:
    """How much came in since a page was made, and the counts as they are now."""
    fresh = listing.newer_than(me, place.view, since) if place.view else 0
    listed = ListCard(view=place.slug, title=place.label, fresh=fresh)
    return ShellCard(me=person(me), nav=nav(counters.counts(me.pk), place), listing=listed)


def _poll_url(place: Place, found: listing.Page) -> str:
    newest = Cursor(found.rows[0].last_message_at, found.rows[0].pk) if found.rows else NOTHING
    return f"{reverse('news', args=[place.slug])}?depuis={write_cursor(newest)}"


def _quarantine_row(raw: RawMessage, current: UUID | None) -> QuarantineRow:
    return QuarantineRow(
        raw_id=raw.pk,
        url=reverse("quarantined", args=[raw.pk]),
        at=raw.stored_at,
        size=raw.size,
        reason=sentence(raw.reason),
        current=raw.pk == current,
    )
