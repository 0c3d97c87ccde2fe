"""Labels: the house's own words on conversations. They are put and taken like notes: nobody's reply is held up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Func, Value

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.label_models import Colour, Label
from portal.conversations.locking import locked
from portal.conversations.models import Conversation
from portal.lib.text import one_line

if TYPE_CHECKING:
    from portal.team.models import User

LONGEST_NAME, MOST_LABELS = 30, 40


class NoName(Exception):
    """A label is a word: without one there is none."""


class NameTaken(Exception):
    """Another label is called that, capitals aside."""


class TooManyLabels(Exception):
    """There are MOST_LABELS: nobody would find one among more."""


def all_labels() -> list[Label]:
    """By name."""
    return list(Label.objects.order_by("name", "pk"))


def labels(conversation: Conversation) -> tuple[Label, ...]:
    """Those of a conversation, by name: a query only where `labelled` was not annotated (`label_models`)."""
    known: list[Mapping[str, Any]] | None = conversation.__dict__.get("labelled")
    if known is None:
        return tuple(Label.objects.filter(pk__in=conversation.labels).order_by("name"))
    return tuple(Label(id=UUID(each["id"]), name=each["name"], colour=each["colour"]) for each in known)


def create_label(name: str, *, colour: Colour, by: User) -> Label:
    """A new one, or the one that has this name already: whoever types it twice means the same.

    Raises:
        NoName, TooManyLabels: see there.
    """
    word = _word(name)
    there = Label.objects.filter(name__iexact=word).first()
    if there is not None:
        return there
    if Label.objects.count() >= MOST_LABELS:
        raise TooManyLabels
    try:
        with transaction.atomic():
            label = Label.objects.create(name=word, colour=colour)
            record(Event.LABEL_CREATE, by=by, on=("label", label.pk))
    except IntegrityError:  # the other one of two clicks
        return Label.objects.get(name__iexact=word)
    return label


def change_label(label: Label, *, name: str, colour: Colour, by: User) -> None:
    """Raises NoName, NameTaken."""
    label.name, label.colour = _word(name), colour
    try:
        with transaction.atomic():
            label.save(update_fields=["name", "colour"])
            record(Event.LABEL_CHANGE, by=by, on=("label", label.pk))
    except IntegrityError as error:
        raise NameTaken from error


def delete_label(label: Label, *, by: User) -> None:
    """Take it off every conversation; they stay as they are."""
    with transaction.atomic():
        off = Func(F("labels"), Value(label.pk), function="array_remove")
        Conversation.objects.labelled(label.pk).update(labels=off)
        gone = label.pk
        label.delete()
        record(Event.LABEL_DELETE, by=by, on=("label", gone))


def put_label(conversation: Conversation, label: Label, *, by: User) -> None:
    """Twice is once. It moves no version, for it changes nothing that another person may be changing."""
    _set(conversation, label.pk, put=True, by=by)


def take_label(conversation: Conversation, label: Label, *, by: User) -> None:
    """The other way round."""
    _set(conversation, label.pk, put=False, by=by)


def _set(conversation: Conversation, label_id: UUID, *, put: bool, by: User) -> None:
    with transaction.atomic():
        held = locked(conversation.pk)
        if (label_id in held.labels) == put:
            return
        others = [each for each in held.labels if each != label_id]
        held.labels = [*others, label_id] if put else others
        held.save(update_fields=["labels"])
        detail = f"label={label_id} put={int(put)}"
        record(Event.CONVERSATION_LABEL, by=by, on=("conversation", held.pk), detail=detail)


def _word(name: str) -> str:
    word = one_line(name, LONGEST_NAME)
    if not word:
        raise NoName
    return word
