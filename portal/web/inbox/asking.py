"""What is asked for in the search field: kept sealed in the session, and told in French when it cannot be."""

from __future__ import annotations

from django.utils import timezone

from portal.conversations.finding import labels_named, sought
from portal.conversations.passages import Sought
from portal.conversations.query import (
    LONGEST_QUERY,
    Fault,
    Misasked,
    NothingToLookFor,
    Operator,
    Query,
    Wrong,
    parse,
)
from portal.vault.keys import Unopenable
from portal.web.requests import StaffRequest
from portal.web.sealed import open_for, seal_for

ASKED = "search"
PURPOSE = b"session.search"
EXAMPLES = {
    Operator.FROM: "de:martin",
    Operator.TO: "à:martin",
    Operator.PATIENT: "patient:durand",
    Operator.FILE: "pj:ordonnance, pj:pdf ou pj:non",
    Operator.BEFORE: "avant:24/12/2026",
    Operator.SINCE: "après:24/12/2026",
    Operator.LABEL: 'étiquette:retour ou étiquette:"à commander"',
    Operator.STATE: 'état:attente, état:terminé ou état:"à traiter"',
}
REASONS = {
    Wrong.MISSING: "« {operator}: » attend une valeur, par exemple {example}.",
    Wrong.TOO_SHORT: "« {operator}:{value} » est trop court, ou trop courant, pour être cherché.",
    Wrong.NO_DATE: "« {value} » n’est pas une date. Écrivez par exemple {operator}:24/12/2026, {operator}:12/2026 "
    "ou {operator}:hier.",
    Wrong.NO_STATE: "« {value} » n’est pas un état. Écrivez {example}.",
    Wrong.NO_LABEL: "Aucune étiquette ne s’appelle « {value} ».",
}


def query_of(text: str) -> Query:
    """Raises Misasked and NothingToLookFor."""
    query = parse(text, today=timezone.localdate())
    unknown = [value for value in query.labels if not labels_named(value)]
    if unknown:
        raise Misasked(tuple(Fault(Operator.LABEL, value, Wrong.NO_LABEL) for value in unknown))
    return query


def told(fault: Fault) -> str:
    """Why an operator cannot be used, and how it is."""
    return REASONS[fault.wrong].format(
        operator=fault.operator, value=fault.value, example=EXAMPLES[fault.operator]
    )


def keep(request: StaffRequest, text: str) -> None:
    request.session[ASKED] = seal_for(request.user.pk, PURPOSE, text[:LONGEST_QUERY])


def kept(request: StaffRequest) -> str:
    """The words last asked for in this session; none when they cannot be opened any more."""
    try:
        return open_for(request.user.pk, PURPOSE, str(request.session.get(ASKED, "")))
    except Unopenable:
        return ""


def sought_by(request: StaffRequest) -> Sought:
    """What is marked in a conversation that was opened from the search."""
    try:
        return sought(query_of(kept(request)))
    except (Misasked, NothingToLookFor):
        return Sought()
