"""Tests of what is done once a night, should something have been forgotten by day."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from portal.inbound.models import RawMessage
from portal.lib.nights import PARIS, next_night
from portal.mailboxes.models import Mailbox
from portal.records.night import spend_night
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.base import CommittingPharmacyTestCase
from tests.mailboxes.boxes import open_box


class Night(CommittingPharmacyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mailbox: Mailbox = open_box()

    def wakeups(self) -> dict[str, datetime]:
        return dict(Wakeup.objects.using(OWNER).values_list("what", "due_at"))

    def forget_wakeups(self) -> None:
        Wakeup.objects.using(OWNER).all().delete()

    def stored(self, content: bytes) -> RawMessage:
        raw = RawMessage(mailbox=self.mailbox, folder="INBOX", uidvalidity=1, uid=1, stored_at=timezone.now())
        raw.put_blob(content)
        raw.save()
        return raw

    def test_a_new_mailbox_asks_for_its_first_night(self) -> None:
        self.assertIn("night", self.wakeups())

    def test_what_is_due_without_a_wake_up_is_woken(self) -> None:
        self.stored(b"From: a@b.mssante.fr\r\n\r\nforgotten")
        self.forget_wakeups()

        spend_night()

        self.assertLessEqual({"fetch", "process", "night"}, set(self.wakeups()))

    def test_the_next_night_is_asked_for(self) -> None:
        self.forget_wakeups()

        spend_night()

        self.assertGreater(self.wakeups()["night"], timezone.now())

    def test_a_file_that_no_row_names_goes_and_one_that_is_named_stays(self) -> None:
        raw = self.stored(os.urandom(200_000))
        kept = Path(settings.BLOB_ROOT) / raw.path
        orphan = kept.with_name(str(uuid4()))
        orphan.write_bytes(b"left behind by a rolled-back transaction")
        for path in (kept, orphan):
            os.utime(path, (1, 1))

        spend_night()

        self.assertFalse(orphan.exists())
        self.assertEqual(len(raw.read_blob()), 200_000)


class Moments(CommittingPharmacyTestCase):
    def test_nights_are_spread_between_one_and_five(self) -> None:
        now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        moments = [next_night(now, UUID(int=n * 7919)).astimezone(PARIS) for n in range(50)]

        self.assertTrue(all(1 <= moment.hour < 5 for moment in moments))
        self.assertTrue(all(timedelta(0) < moment - now < timedelta(days=1) for moment in moments))
        self.assertGreater(len(set(moments)), 40)
