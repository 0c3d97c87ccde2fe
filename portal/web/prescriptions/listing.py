"""The view « Ordonnances »: what is under way, by state and by age."""

from __future__ import annotations

from uuid import UUID

from portal.conversations.assignees import in_order
from portal.conversations.reading import is_unread
from portal.prescriptions.listing import MOST, under_way
from portal.prescriptions.models import Nature, Prescription, State
from portal.team.models import User
from portal.web.inbox.cards import Chip, ListCard, Row, Tone
from portal.web.inbox.people import correspondent, first_name, initials
from portal.web.inbox.places import PRESCRIPTIONS, conversation_url
from portal.web.inbox.rows import NO_SUBJECT

GROUPS = {
    State.PREPARED: "À contrôler",
    State.RECEIVED: "Reçues",
    State.PREPARING: "En préparation",
    State.CONTROLLED: "Contrôlées",
    State.WAITING: "En attente",
    State.READY: "Prêtes",
}
TONES: dict[State, Tone] = {State.PREPARED: "warn", State.READY: "good", State.CONTROLLED: "good"}
NOT_ALL = f"Les {MOST} plus urgentes sont affichées : les suivantes apparaîtront quand celles-ci avanceront."


def prescriptions_page(me: User, current: UUID | None) -> ListCard:
    """One query. A conversation that holds several stands where its most urgent one does, once."""
    found = under_way(me)
    rows: dict[UUID, Row] = {}
    for each in found[:MOST]:
        rows.setdefault(each.conversation_id, _row(each, me, current))
    return ListCard(
        view=PRESCRIPTIONS.slug,
        title=PRESCRIPTIONS.label,
        rows=tuple(rows.values()),
        remark=NOT_ALL if len(found) > MOST else "",
    )


def _row(prescription: Prescription, me: User, current: UUID | None) -> Row:
    conversation, state = prescription.conversation, State(prescription.state)
    who, kind = correspondent(conversation)
    chips = [Chip(state.label, TONES.get(state, "plain")), Chip(Nature(prescription.nature).label)]
    people = in_order(conversation, prescription.__dict__["assigned"])
    chips.extend(Chip(first_name(each.display_name), icon="user") for each in people)
    return Row(
        conversation_id=conversation.pk,
        url=conversation_url(conversation.pk, PRESCRIPTIONS),
        who=who,
        initials=initials(who),
        kind=kind,
        at=prescription.moved_at,
        subject=conversation.subject or NO_SUBJECT,
        snippet=conversation.snippet,
        chips=tuple(chips),
        unread=is_unread(conversation, me, read=prescription.__dict__["read"]),
        untouched=conversation.unopened,
        current=conversation.pk == current,
        group=GROUPS[state],
    )
