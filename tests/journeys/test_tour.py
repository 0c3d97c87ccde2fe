"""`make tour` plays to its end on the running product, and says which step failed when one does."""

from __future__ import annotations

import contextlib
import io
from functools import partial

import pytest

from portal.intake.actions import open_form, write_notice
from scripts.people import StepFailed
from scripts.tour import Tour
from tests.journeys.stage import JourneyTestCase, let_in
from tests.servers.peers import sandbox_peer


@pytest.mark.journey
class TheTour(JourneyTestCase):
    start = partial(sandbox_peer)

    def setUp(self) -> None:
        super().setUp()
        for user in (self.nadia, self.claire, self.karim):
            let_in(user)
        write_notice("Vos données servent à préparer votre ordonnance.", by=self.nadia)
        open_form(by=self.nadia)
        self.tour = Tour(self.house.port, self.peer.authority.folder.parent)

    def test_a_prescription_goes_its_whole_way_and_each_step_is_timed(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.tour.play_all()
        self.assertIn("report received, and the patient has it", said.getvalue())
        self.assertEqual(len(said.getvalue().splitlines()), 12)

    def test_a_step_that_is_not_offered_says_so(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.tour.people_sign_in()
            self.tour.patient_writes()
            self.tour.it_is_shown()
        with self.assertRaisesMessage(StepFailed, "claire is not offered « control »"):
            self.tour.claire_controls()
