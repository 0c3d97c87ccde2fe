"""The view of one label: whatever has it, in any state, newest first."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from portal.conversations import listing
from portal.conversations.label_models import Label
from portal.conversations.listing import Cursor
from portal.team.models import User
from portal.web.inbox.cards import ListCard
from portal.web.inbox.draft_cards import drafted_by
from portal.web.inbox.label_cards import chip_of, links
from portal.web.inbox.places import LABELS, place_of_label, write_cursor
from portal.web.inbox.rows import marks_of, row

TITLE = "Étiquette"


def label_page(me: User, label_id: UUID, *, after: Cursor | None, current: UUID | None) -> ListCard:
    """Fifty conversations. Beside one that was opened from a label deleted since, all labels.

    Raises:
        Http404: there is no such label, and nothing is open beside it.
    """
    label, place = Label.objects.filter(pk=label_id).first(), place_of_label(label_id)
    if label is None and current:
        return ListCard(view=LABELS.slug, title=LABELS.label, labels=links())
    if label is None:
        raise Http404
    found = listing.labelled(me, label_id, after=after)
    marks = marks_of(found.rows, drafted_by(me))
    return ListCard(
        view=LABELS.slug,
        title=TITLE,
        label=chip_of(label),
        rows=tuple(row(each, me=me, place=place, marks=marks, current=current) for each in found.rows),
        more_url=f"{place.url}?apres={write_cursor(found.following)}" if found.following else "",
        again_url=f"{place.url}?rangs=1",
    )


def label_named(label_id: UUID) -> Label:
    """Raises Http404."""
    found = Label.objects.filter(pk=label_id).first()
    if found is None:
        raise Http404
    return found
