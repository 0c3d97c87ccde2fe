"""Labels as the screens show them: a colour, and always the word."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from portal.conversations.label_models import Colour, Label
from portal.conversations.labels import all_labels, labels
from portal.conversations.models import Conversation
from portal.web.inbox.cards import Chip, LabelLink, Tone
from portal.web.paths import path

TONES: dict[str, Tone] = {
    Colour.GREY: "plain",
    Colour.GREEN: "patient",
    Colour.BLUE: "pro",
    Colour.VIOLET: "form",
    Colour.AMBER: "warn",
    Colour.RED: "bad",
}


def chip_of(label: Label) -> Chip:
    return Chip(label.name, TONES.get(label.colour, "plain"), "tag")


def chips_on(conversation: Conversation) -> tuple[Chip, ...]:
    return tuple(map(chip_of, labels(conversation)))


def links(*, put: Collection[UUID] = ()) -> tuple[LabelLink, ...]:
    """All labels, in one query."""
    return tuple(
        LabelLink(each.pk, chip_of(each), path("labelled", each.pk), each.pk in put) for each in all_labels()
    )
