"""Absences as they are shown: on one's own page, and on a person's page of the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.team.models import Absence
from portal.web.spans import span_words


@dataclass(frozen=True, slots=True)
class AbsenceCard:
    """One absence; `now`: it is under way."""

    id: UUID
    words: str
    now: bool


def absence_cards(person_id: UUID, now: datetime) -> list[AbsenceCard]:
    """Those that are not over, the next one first."""
    found = Absence.objects.filter(user=person_id).to_come(now)
    return [
        AbsenceCard(each.pk, span_words(each.begins, each.ends, now), each.begins <= now) for each in found
    ]
