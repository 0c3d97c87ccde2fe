"""Tests of the table: what leads where, and who may do it."""

from __future__ import annotations

from unittest import TestCase

from portal.lib.ids import uuid7
from portal.prescriptions.lifecycle import (
    NEXT,
    REASONS,
    RULES,
    EvidenceNeeded,
    Facts,
    Given,
    NotNow,
    NotYours,
    ReasonNeeded,
    SecondPersonNeeded,
    after,
    may,
)
from portal.prescriptions.models import CLOSED, RELEASED, URGENCY, Act, Evidence, Reason, State
from portal.team.models import Role, User

CLAIRE = User(id=uuid7(), display_name="Claire Moulin", role=Role.ADJOINT)
NADIA = User(id=uuid7(), display_name="Nadia Benali", role=Role.TITULAIRE)
KARIM = User(id=uuid7(), display_name="Karim Belkacem", role=Role.PREPARATEUR)
SEEN = Given(evidence=Evidence.ORIGINAL, seen_by=KARIM.id)


class Lifecycle(TestCase):
    def test_the_way_from_received_to_handed_over(self) -> None:
        state = State.RECEIVED
        for act, by in (
            (Act.START, KARIM),
            (Act.PREPARED, KARIM),
            (Act.CONTROL, CLAIRE),
            (Act.READY, KARIM),
            (Act.HAND_OVER, KARIM),
        ):
            self.assertEqual(NEXT[state], act)
            state = after(act, Facts(state, frozenset({KARIM.id})), by, SEEN)

        self.assertEqual(state, State.HANDED_OVER)

    def test_every_act_from_every_other_state_is_refused(self) -> None:
        said = Given(reason=Reason.OTHER, remark="x", alone=True, evidence=Evidence.LGO, seen_by=NADIA.id)
        for act in Act:
            for state in State:
                rule = RULES.get(act)
                if rule is None or state not in rule.sources:
                    with self.subTest(act=act, state=state):
                        self.assertRaises(NotNow, after, act, Facts(state), NADIA, said)
                        self.assertFalse(may(act, Facts(state), NADIA))

    def test_nothing_is_released_but_by_a_control(self) -> None:
        ways_in = {
            act
            for act, rule in RULES.items()
            if rule.target in RELEASED and not rule.sources <= set(RELEASED)
        }

        self.assertEqual(ways_in, {Act.CONTROL})

    def test_what_was_handed_over_stays_so(self) -> None:
        self.assertEqual([act for act, rule in RULES.items() if State.HANDED_OVER in rule.sources], [])

    def test_every_state_under_way_has_its_place_in_the_list(self) -> None:
        self.assertEqual(set(URGENCY), set(State) - set(CLOSED))

    def test_a_preparateur_does_not_control(self) -> None:
        for act in (Act.CONTROL, Act.SEND_BACK, Act.REFUSE):
            given = Given(reason=Reason.RISK, alone=True)
            with self.subTest(act):
                self.assertRaises(NotYours, after, act, Facts(State.PREPARED), KARIM, given)

    def test_who_prepared_it_does_not_control_it(self) -> None:
        facts = Facts(State.PREPARED, frozenset({KARIM.id, CLAIRE.id}))

        self.assertRaises(SecondPersonNeeded, after, Act.CONTROL, facts, CLAIRE, Given())
        self.assertEqual(after(Act.CONTROL, facts, NADIA, Given()), State.CONTROLLED)

    def test_a_lone_pharmacist_controls_her_own_work_by_confirming(self) -> None:
        facts = Facts(State.PREPARED, frozenset({CLAIRE.id}))

        self.assertEqual(after(Act.CONTROL, facts, CLAIRE, Given(alone=True)), State.CONTROLLED)

    def test_nothing_is_handed_over_unseen(self) -> None:
        for given in (
            Given(),
            Given(evidence=Evidence.ORIGINAL),
            Given(seen_by=KARIM.id),
            Given(evidence="photo", seen_by=KARIM.id),
        ):
            with self.subTest(given=given):
                self.assertRaises(EvidenceNeeded, after, Act.HAND_OVER, Facts(State.READY), KARIM, given)

    def test_leaving_the_way_asks_for_a_reason_of_that_act(self) -> None:
        for act in REASONS:
            for given in (Given(), Given(reason="rien"), Given(reason=Reason.OTHER, remark="  ")):
                with self.subTest(act=act, given=given):
                    self.assertRaises(ReasonNeeded, after, act, Facts(State.PREPARED), NADIA, given)
        wrong = Given(reason=Reason.NOT_COLLECTED)
        self.assertRaises(ReasonNeeded, after, Act.REFUSE, Facts(State.PREPARED), NADIA, wrong)
