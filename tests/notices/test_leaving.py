"""A last day is announced three days before: once, to the person and to the responsible one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import time_machine
from celery import current_app
from django.conf import settings
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.notices.deliver import notify_due
from portal.notices.leaving import warn_leaving
from portal.notices.models import Notice
from portal.notices.tasks import warn_leaving as task
from portal.records.night import spend_night
from portal.team.actions import deactivate, set_email, set_last_day
from portal.team.leaving import warned_at
from portal.team.models import User
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.notices.stage import NoticesTestCase


class Warnings(NoticesTestCase):
    def setUp(self) -> None:
        super().setUp()
        set_email(self.karim, to="karim@exemple.fr", by=self.nadia)
        set_email(self.nadia, to="nadia@exemple.fr", by=self.nadia)

    def leaves_in(self, days: int) -> date:
        last = timezone.localdate() + timedelta(days=days)
        set_last_day(self.karim, to=last, by=self.nadia)
        return last

    def told(self) -> list[tuple[str, str]]:
        warn_leaving()
        notify_due()
        return sorted((str(mail["To"]), str(mail["Subject"])) for mail in self.arrived())

    def woken_at(self) -> datetime:
        return Wakeup.objects.using(OWNER).get(pharmacy=self.soleil.pk, what="leaving").due_at

    def test_both_are_told_once(self) -> None:
        self.leaves_in(2)

        self.assertEqual(
            self.told(),
            [
                ("karim@exemple.fr", "Votre accès à Officinal se termine bientôt"),
                ("nadia@exemple.fr", "Un accès à Officinal se termine bientôt"),
            ],
        )
        self.assertEqual(len(self.told()), 2)
        entry = Entry.objects.get(event=Event.LEAVING_TOLD)
        self.assertEqual((entry.object_id, entry.detail), (self.karim.pk, "notices=2"))

    def test_not_before_the_third_day_before(self) -> None:
        last = self.leaves_in(10)

        self.assertEqual(self.told(), [])
        self.assertEqual(self.woken_at(), warned_at(last))
        self.assertEqual(current_app.tasks[settings.WAKEUPS["leaving"]].name, task.name)

    def test_the_moment_is_eight_in_paris_in_summer_and_in_winter(self) -> None:
        for last, utc in (
            (date(2026, 3, 31), "2026-03-28T07:00"),
            (date(2026, 4, 1), "2026-03-29T06:00"),  # the night in which an hour is lost
            (date(2026, 10, 27), "2026-10-24T06:00"),
            (date(2026, 10, 28), "2026-10-25T07:00"),  # the night that has one more
        ):
            with self.subTest(last):
                self.assertEqual(
                    f"{warned_at(last).astimezone(timezone.get_fixed_timezone(0)):%Y-%m-%dT%H:%M}", utc
                )

    def test_another_date_is_announced_again(self) -> None:
        self.leaves_in(1)
        self.told()
        self.leaves_in(3)
        with time_machine.travel(timezone.now()):
            User.objects.filter(pk=self.karim.pk).update(
                active_until=timezone.localdate() + timedelta(days=2)
            )

        self.assertEqual(len(self.told()), 4)

    def test_who_has_left_or_was_seen_off_is_not_announced(self) -> None:
        self.leaves_in(1)
        User.objects.filter(pk=self.karim.pk).update(active_until=F("active_until") - timedelta(days=3))
        self.assertEqual(self.told(), [])

        self.leaves_in(1)
        deactivate(self.karim, by=self.nadia, now=timezone.now())
        self.assertEqual(self.told(), [])

    def test_without_addresses_or_sender_nothing_is_queued_and_the_journal_says_so(self) -> None:
        set_email(self.karim, to="", by=self.nadia)
        self.leaves_in(1)
        with override_settings(NOTICE_SMTP_HOST=""):
            warn_leaving()

        self.assertFalse(Notice.objects.exists())
        self.assertEqual(Entry.objects.get(event=Event.LEAVING_TOLD).detail, "notices=0")

    def test_a_forgotten_one_is_woken_at_night(self) -> None:
        last = self.leaves_in(10)
        Wakeup.objects.using(OWNER).all().delete()

        spend_night()

        self.assertEqual(self.woken_at(), warned_at(last))
