"""What the web process logs of a request names its route, never its address."""

from __future__ import annotations

import io
import logging
from unittest.mock import patch

from django.utils import timezone

from portal.logs import writing_to
from portal.team.actions import invite
from portal.team.models import Role
from tests.base import PharmacyTestCase
from tests.browsing import Browser


class LinksInTheLogs(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        _, self.token = invite(
            sign_in_name="lea", display_name="Léa", role=Role.ETUDIANT, by=self.nadia, now=timezone.now()
        )

    def test_a_breakdown_does_not_log_the_link_that_broke_down(self) -> None:
        with (
            self.assertLogs("django.request", "WARNING") as logs,
            patch("portal.web.account.invitation.render", side_effect=RuntimeError("broken")),
        ):
            Browser(raise_request_exception=False).get(f"/equipe/invitation/{self.token}")

        self.assertIn("/equipe/invitation/<str:token>", logs.output[0])
        self.assertNotIn(self.token, logs.output[0])
        self.assertNotIn("request", vars(logs.records[0]))

    def test_an_address_that_leads_nowhere_is_not_logged(self) -> None:
        with self.assertLogs("django.request", "WARNING") as logs:
            Browser().get("/equipe/279035121518989")

        self.assertNotIn("279035121518989", " ".join(logs.output))

    def test_a_form_from_elsewhere_is_logged_by_its_route(self) -> None:
        with self.assertLogs("django.security.csrf", "WARNING") as logs:
            Browser(enforce_csrf_checks=True).post(f"/equipe/invitation/{self.token}")

        self.assertNotIn(self.token, " ".join(logs.output))

    def test_a_form_that_is_too_large_is_logged_without_the_link_it_was_sent_to(self) -> None:
        lines = io.StringIO()
        handler, logger = writing_to(lines), logging.getLogger("django")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)

        answer = Browser().post(f"/equipe/invitation/{self.token}", {"name": "x" * 6_000_000})

        self.assertEqual(answer.status_code, 400)
        self.assertIn("django.security.RequestDataTooBig", lines.getvalue())
        self.assertNotIn(self.token, lines.getvalue())
