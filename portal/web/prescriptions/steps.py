"""The five steps of a prescription, as far as it has come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from portal.prescriptions.models import Act, Evidence, Prescription, State, Step
from portal.web.inbox.people import first_name
from portal.web.prescriptions.cards import StepLine

WAY = (Act.OPEN, Act.START, Act.CONTROL, Act.READY, Act.HAND_OVER)
DONE = ("Reçue", "Préparée", "Contrôlée", "Prête", "Remise")
TODO = ("Reçue", "Préparation", "Contrôle par un pharmacien", "Prête", "Remise, original vu")
# What an act undoes: it is to be done again.
UNDOES = {
    Act.SEND_BACK: {Act.PREPARED, Act.CONTROL, Act.READY},
    Act.RESUME: {Act.START, Act.PREPARED, Act.CONTROL, Act.READY},
    Act.REOPEN: {Act.START, Act.PREPARED, Act.CONTROL, Act.READY},
}
SEEN = {Evidence.ORIGINAL: "original vu", Evidence.LGO: "lue dans le LGO"}


def step_lines(prescription: Prescription, steps: Iterable[Step]) -> tuple[StepLine, ...]:
    """Who did what and when; the one being done now stands out."""
    reached = _reached(steps)
    current = _current(State(prescription.state), reached)
    return tuple(_line(mark, act, reached, current, prescription) for mark, act in enumerate(WAY, 1))


def _reached(steps: Iterable[Step]) -> dict[Act, Step]:
    """The last time each act was done, unless it was undone since."""
    reached: dict[Act, Step] = {}
    for step in steps:
        act = Act(step.act)
        for undone in UNDOES.get(act, ()):
            reached.pop(undone, None)
        reached[act] = step
    return reached


def _current(state: State, reached: dict[Act, Step]) -> Act | None:
    if state == State.PREPARING:
        return Act.START
    if state in (State.WAITING, State.REFUSED, State.ABANDONED, State.HANDED_OVER):
        return None
    return next(act for act in WAY if act not in reached)


def _line(
    mark: int, act: Act, reached: dict[Act, Step], current: Act | None, prescription: Prescription
) -> StepLine:
    preparing = act == Act.START and Act.PREPARED not in reached
    step = reached.get(Act.PREPARED if act == Act.START and not preparing else act)
    shape: Literal["done", "now", "todo"] = "now" if act == current else "done" if step else "todo"
    label = "En préparation" if preparing and step else (DONE if step else TODO)[mark - 1]
    return StepLine(mark, label, shape, _who(act, step, prescription), step.at if step else None)


def _who(act: Act, step: Step | None, prescription: Prescription) -> str:
    if step is None or act == Act.OPEN:
        return ""
    who = first_name(step.by.display_name) if step.by else ""
    if act == Act.HAND_OVER and prescription.seen_by:
        seer = first_name(prescription.seen_by.display_name)
        seen = SEEN[Evidence(prescription.evidence)]
        return f"{who}, {seen}" if step.by_id == prescription.seen_by_id else f"{who}, {seen} par {seer}"
    return f"{who}, seul pharmacien présent" if step.alone else who
