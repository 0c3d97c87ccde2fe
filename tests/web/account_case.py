"""Tests of the account's pages, with a stand-in for the messages."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from tests.base import CommittingPharmacyTestCase, PharmacyTestCase

STAND_IN = "tests.web.urls_without_inbox"


@override_settings(ROOT_URLCONF=STAND_IN)
class AccountTestCase(PharmacyTestCase):
    def assert_sent_to(self, response: Any, path: str) -> None:
        self.assertEqual((response.status_code, response.headers.get("Location", "")), (302, path))


@override_settings(ROOT_URLCONF=STAND_IN)
class CommittingAccountTestCase(CommittingPharmacyTestCase):
    """The same, with real commits."""
