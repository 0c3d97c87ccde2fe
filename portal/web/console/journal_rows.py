"""Entries of the journal in French: who, what, on which object; never a patient's word, for there is none."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import ActorKind, Entry, moment_of
from portal.team.models import User

OBJECTS = {
    "conversation": "Échange",
    "delivery": "Envoi",
    "draft": "Brouillon",
    "mailbox": "BAL",
    "message": "Message",
    "attachment": "Pièce jointe",
    "raw": "Message d’origine",
    "user": "Compte",
    "pharmacy": "Pharmacie",
    "prescription": "Ordonnance",
    "request": "Demande du formulaire",
    "search": "Recherche",
    "notice": "Avis",
}
COLUMNS = ("Numéro", "Date et heure", "Qui", "Événement", "Objet", "Identifiant", "Détail", "Empreinte")
UUID_FORM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute (OWASP, CSV injection)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One entry; `object_id` leads to all entries about the same object."""

    n: int
    at: datetime
    who: str
    event: str
    object_name: str
    object_id: UUID | None
    detail: str


def names() -> dict[UUID, str]:
    """Everybody who ever had an account here."""
    return dict(User.objects.order_by("display_name").values_list("id", "display_name"))


def journal_row(entry: Entry, people: Mapping[UUID, str]) -> JournalRow:
    about = people.get(entry.object_id) if entry.object_kind == "user" and entry.object_id else None
    kind = OBJECTS.get(entry.object_kind, entry.object_kind)
    return JournalRow(
        n=entry.n,
        at=moment_of(entry.at_us),
        who=_who(entry, people),
        event=_event(entry.event),
        object_name=f"{kind} de {about}" if about else kind,
        object_id=entry.object_id,
        detail=UUID_FORM.sub(lambda found: people.get(UUID(found[0]), found[0]), entry.detail),
    )


def as_csv(entries: Iterable[Entry], people: Mapping[UUID, str]) -> tuple[str, int]:
    """The entries as a French spreadsheet reads them (semicolons), no cell a formula; and how many."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for entry in entries:
        writer.writerow([inert(cell) for cell in _cells(entry, people)])
        count += 1
    return text.getvalue(), count


def inert(cell: str) -> str:
    """The cell as text, whatever it begins with."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def _cells(entry: Entry, people: Mapping[UUID, str]) -> tuple[str, ...]:
    row = journal_row(entry, people)
    return (
        str(row.n),
        timezone.localtime(row.at).isoformat(sep=" ", timespec="seconds"),
        row.who,
        row.event,
        row.object_name,
        str(row.object_id or ""),
        entry.detail,
        bytes(entry.hash).hex(),
    )


def _who(entry: Entry, people: Mapping[UUID, str]) -> str:
    if entry.actor and entry.actor in people:
        return people[entry.actor]
    return ActorKind(entry.actor_kind).label


def _event(value: str) -> str:
    return Event(value).label if value in Event.values else value
