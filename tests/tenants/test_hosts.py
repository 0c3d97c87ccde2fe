"""Tests that a host is remembered for a moment, and no longer."""

from __future__ import annotations

import time

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tenants.context import leave
from tenants.hosts import HostTable
from tests.base import PharmacyTestCase
from tests.cast import HOSTS


class Remembering(PharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        leave()
        self.host = HOSTS[self.soleil.finess]
        self.table = HostTable()

    def asked(self, host: str) -> int:
        """How many statements it takes to find this host."""
        with CaptureQueriesContext(connection) as queries:
            self.table.find(host)
        return len(queries)

    @override_settings(HOST_SECONDS=60.0)
    def test_a_host_is_read_once_in_a_while_with_its_pharmacy(self) -> None:
        self.assertEqual([self.asked(self.host), self.asked(self.host)], [1, 0])
        found = self.table.find(self.host)
        assert found is not None
        self.assertEqual(found.tenant, self.soleil)

    @override_settings(HOST_SECONDS=60.0)
    def test_what_is_not_there_is_asked_again_each_time(self) -> None:
        self.assertEqual([self.asked("lune.localhost"), self.asked("lune.localhost")], [1, 1])

    @override_settings(HOST_SECONDS=60.0)
    def test_each_host_has_its_own_pharmacy(self) -> None:
        found = {name: self.table.find(name) for name in HOSTS.values() for _ in range(2)}
        self.assertEqual({row.tenant.finess for row in found.values() if row}, set(HOSTS))

    @override_settings(HOST_SECONDS=0.0)
    def test_without_seconds_nothing_is_kept(self) -> None:
        self.assertEqual([self.asked(self.host), self.asked(self.host)], [1, 1])

    @override_settings(HOST_SECONDS=0.05)
    def test_once_the_moment_is_over_it_is_read_again(self) -> None:
        before = self.table.find(self.host)
        deadline = time.monotonic() + 10
        while self.table.find(self.host) is before:
            self.assertLess(time.monotonic(), deadline)
