"""Templates as the composer shows them: what may be chosen, and the one that is being filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.lib.text import one_line
from portal.outbound.blanks import BlankKind, typed_blanks
from portal.outbound.models import Draft
from portal.outbound.templates import templates_for
from portal.team.models import User
from portal.team.policy import Permission, allows

LONGEST_PEEK = 90
INPUTS = {BlankKind.TIME: "time", BlankKind.DATE: "date"}
HINTS = {BlankKind.NUMBER: "un nombre", BlankKind.WORDS: "quelques mots, 40 caractères au plus"}
PREFIX = "blank:"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One template that may be used, with its first words."""

    id: UUID
    name: str
    peek: str


@dataclass(frozen=True, slots=True)
class BlankField:
    """One field of a template; `type` is that of the input."""

    name: str
    label: str
    type: str
    value: str
    hint: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The template that a draft is made with: its fields, and what the patient would read."""

    id: UUID
    name: str
    preview: str
    fields: tuple[BlankField, ...]


def choices_for(me: User) -> tuple[ModelChoice, ...]:
    return tuple(ModelChoice(each.pk, each.name, _peek(each.text)) for each in templates_for(me))


def model_card(draft: Draft, faults: Mapping[str, str] | None = None) -> ModelCard | None:
    """None when it is written freely, or when its author may not use the template any more."""
    template = draft.template
    if template is None or not (template.approved_at or allows(draft.author, Permission.APPROVE)):
        return None
    values, wrong = draft.blanks or {}, faults or {}
    return ModelCard(
        id=template.pk,
        name=template.name,
        preview=draft.text,
        fields=tuple(
            BlankField(
                name=f"{PREFIX}{blank.key}",
                label=blank.label[:1].upper() + blank.label[1:],
                type=INPUTS.get(blank.kind, "text"),
                value=values.get(blank.key, ""),
                hint=HINTS.get(blank.kind, ""),
                error=wrong.get(blank.key, ""),
            )
            for blank in typed_blanks(template.text)
        ),
    )


def _peek(text: str) -> str:
    """What it is about: the words after the greeting."""
    greeting, _, rest = text.partition("\n\n")
    return one_line(rest or greeting, LONGEST_PEEK)
