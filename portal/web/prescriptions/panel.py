"""The steps of the prescriptions of a conversation, with the one act that comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Prefetch

from portal.conversations.models import Conversation
from portal.prescriptions.actions import facts_of
from portal.prescriptions.lifecycle import NEXT, REASONS, Facts, may, needs_confirmation
from portal.prescriptions.models import Act, Nature, Prescription, Reason, State, Step
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.people import choices, first_name
from portal.web.prescriptions.cards import (
    Announced,
    Choice,
    ChoiceGroup,
    HistoryLine,
    Panel,
    PrescriptionCard,
)
from portal.web.prescriptions.steps import step_lines

NEXT_LABELS = {
    Act.START: "Commencer la préparation",
    Act.PREPARED: "Préparation finie, à contrôler",
    Act.CONTROL: "J’ai contrôlé",
    Act.READY: "Prête à remettre",
    Act.HAND_OVER: "Remettre au patient",
    Act.RESUME: "Reprendre",
    Act.REOPEN: "Rouvrir",
}
OTHER_LABELS = {
    Act.SEND_BACK: "Renvoyer",
    Act.WAIT: "Mettre en attente",
    Act.REFUSE: "Refuser",
    Act.ABANDON: "Abandonner",
}
SEND_BACK = Choice(Act.SEND_BACK, "En préparation, à corriger")
ASIDE = {State.WAITING, State.REFUSED, State.ABANDONED}
EXPLAINED = {Act.WAIT, Act.REFUSE, Act.ABANDON, Act.SEND_BACK}
PHARMACIST_AWAITED = "Un pharmacien doit la contrôler."


def panel_of(
    conversation: Conversation, me: User, team: Sequence[User], announced: tuple[Announced, ...] = ()
) -> Panel | None:
    """Two queries where there is a prescription, none elsewhere; None where there is nothing to show."""
    received = conversation.attachment_count > 0 and conversation.last_received_at is not None
    may_open = received and allows(me, Permission.PREPARE)
    if not conversation.prescription_count:
        return Panel(may_open=True, announced=announced) if may_open else None
    steps = Step.objects.select_related("by").order_by("at", "id")
    found = Prescription.objects.filter(conversation=conversation.pk).select_related("seen_by")
    newest_first = found.order_by("-opened_at", "-id").prefetch_related(Prefetch("steps", steps))
    cards = sorted((_card(each, me, team) for each in newest_first), key=lambda card: not card.act)
    return Panel(tuple(cards), may_open, announced)


def _card(prescription: Prescription, me: User, team: Sequence[User]) -> PrescriptionCard:
    facts, steps = facts_of(prescription), list(prescription.steps.all())
    act = NEXT.get(facts.state)
    able = act is not None and may(act, facts, me)
    hands_over = able and act == Act.HAND_OVER
    return PrescriptionCard(
        id=prescription.pk,
        version=prescription.version,
        nature=Nature(prescription.nature).label,
        steps=step_lines(prescription, steps),
        aside=facts.state.label if facts.state in ASIDE else "",
        remark=_explanation(steps[-1]) if steps[-1].act in EXPLAINED else "",
        act=act if act and able else "",
        act_label=NEXT_LABELS[act] if act and able else "",
        wait=PHARMACIST_AWAITED if act == Act.CONTROL and not able else "",
        confirms=able and act == Act.CONTROL and needs_confirmation(facts, me),
        hands_over=hands_over,
        seers=_seers(team, me.pk) if hands_over else (),
        others=tuple(_others(facts, me)),
        history=tuple(HistoryLine(step.at, _said(step)) for step in steps),
    )


def _others(facts: Facts, me: User) -> Iterable[ChoiceGroup]:
    for act, label in OTHER_LABELS.items():
        if may(act, facts, me):
            reasons = [Choice(f"{act}:{reason}", reason.label) for reason in REASONS.get(act, ())]
            yield ChoiceGroup(label, tuple(reasons) or (SEND_BACK,))


def _seers(team: Sequence[User], me: UUID) -> tuple[Choice, ...]:
    return tuple(Choice(str(each.id), each.name) for each in choices(team, me=me, assigned=()))


def _said(step: Step) -> str:
    who = first_name(step.by.display_name) if step.by else "Officinal"
    why = _explanation(step)
    alone = ", seul pharmacien présent" if step.alone else ""
    return f"{Act(step.act).label} · {who}{alone}" + (f" : {why}" if why else "")


def _explanation(step: Step) -> str:
    reason = Reason(step.reason).label if step.reason and step.reason != Reason.OTHER else ""
    return " : ".join(part for part in (reason, step.remark) if part)
