"""Text messages leave by any provider that takes JSON over HTTPS: its address, key and field names are settings."""

from __future__ import annotations

from django.conf import settings
from django.test import SimpleTestCase, override_settings

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.mail.faults import Code, MailboxFault
from portal.notices.actions import can_tell
from portal.notices.deliver import notify_due
from portal.notices.models import Notice, NoticeState, Way
from portal.notices.reach import set_reach, try_out
from portal.notices.sender import gateway
from portal.notices.sms import BadNumber, mobile
from portal.notices.words import Words
from tests.journeys.canaries import found_in
from tests.notices.stage import NoticesTestCase

NUMBER = "+33612345678"


class OwnGateway:
    """A provider's class of its own, as `SMS_GATEWAY` names one."""

    def send(self, words: Words, *, to: str, message_id: str, at: object) -> None:
        raise MailboxFault(Code.THROTTLED)


class Numbers(SimpleTestCase):
    def test_a_mobile_is_kept_as_the_networks_write_it(self) -> None:
        for typed, kept in (
            ("06 12 34 56 78", NUMBER),
            ("07.12.34.56.78", "+33712345678"),
            ("0033 6 12 34 56 78", NUMBER),
            ("+33 6 12 34 56 78", NUMBER),
            ("0692 12 34 56", "+262692123456"),
            ("06 39 98 00 01", "+33639980001"),
            ("0639 12 34 56", "+262639123456"),
            ("0690 12 34 56", "+590690123456"),
            ("+41 79 123 45 67", "+41791234567"),
        ):
            with self.subTest(typed):
                self.assertEqual(mobile(typed), kept)

    def test_a_landline_or_a_word_is_none(self) -> None:
        for typed in ("03 86 00 00 01", "+33 1 23 45 67 89", "3237", "06 12 34 56", "mon portable", "+"):
            with self.subTest(typed), self.assertRaises(BadNumber):
                mobile(typed)


class Texting(NoticesTestCase):
    def setUp(self) -> None:
        super().setUp()
        set_reach(self.karim, email="", mobile_number="06 12 34 56 78", by_email=False, by_sms=True)

    def try_it(self) -> Notice:
        self.assertTrue(try_out(self.karim, Way.SMS))
        notify_due()
        return Notice.objects.latest("created_at")

    def test_a_trial_arrives_and_nothing_of_the_number_is_kept_in_the_row(self) -> None:
        notice = self.try_it()

        (text,) = self.texted()
        self.assertEqual((text.to, text.text[:22]), (NUMBER, "Pharmacie du Soleil : "))
        self.assertEqual((notice.state, notice.address), (NoticeState.SENT, None))
        self.assertEqual(
            Entry.objects.get(event=Event.NOTICE_SENT).detail, f"kind=trial about={self.karim.pk} way=sms"
        )

    def test_a_number_may_be_asked_for_without_its_plus(self) -> None:
        with override_settings(SMS_PLUS=False):
            self.try_it()

        self.assertEqual(self.texted()[0].to, NUMBER[1:])

    def test_a_busy_provider_is_asked_again_and_a_refused_number_is_not(self) -> None:
        self.operator.faults.busy_texts = 1
        with self.assertLogs("portal.notices.deliver", "WARNING") as logs:
            notice = self.try_it()
        self.assertEqual((notice.state, notice.last_code), (NoticeState.QUEUED, Code.DEFERRED))
        self.assertEqual(found_in("\n".join(logs.output).encode(), [NUMBER, "612345678"]), [])
        self.wait(minutes=2)
        notify_due()
        self.assertEqual(len(self.texted()), 1)

        self.operator.faults.refuse_recipients = [NUMBER]
        self.addCleanup(self.operator.faults.refuse_recipients.clear)
        with self.assertLogs("portal.notices.deliver", "WARNING"):
            notice = self.try_it()
        self.assertEqual((notice.state, notice.last_code), (NoticeState.FAILED, Code.REJECTED))

    def test_whatever_is_wrong_with_the_provider_has_a_name_and_is_tried_again(self) -> None:
        for changes, code in (
            ({"SMS_HEADERS": '{"X-Api-Key": "autre"}'}, Code.LOGIN_REFUSED),
            ({"SMS_HEADERS": '{"X-Api-Key": "deux\\nlignes"}'}, Code.SETTINGS_ADDRESS),
            ({"SMS_URL": settings.SMS_URL.replace("/v1/", "/v9/")}, Code.SETTINGS_ADDRESS),
            ({"SMS_CA": ""}, Code.TLS_CHAIN),
            ({"SMS_URL": "https://localhost:9/"}, Code.REFUSED),
            ({"SMS_URL": "http://localhost/clear"}, Code.SETTINGS_ADDRESS),
            ({"SMS_BODY": "no json"}, Code.SETTINGS_ADDRESS),
            ({"SMS_GATEWAY": "nowhere.Nothing"}, Code.SETTINGS_ADDRESS),
            ({"SMS_GATEWAY": f"{__name__}.OwnGateway"}, Code.THROTTLED),
        ):
            with (
                self.subTest(changes),
                override_settings(**changes),
                self.assertLogs("portal.notices.deliver", "WARNING"),
            ):
                notice = self.try_it()
                self.assertEqual((notice.state, notice.last_code), (NoticeState.QUEUED, code))
                notice.delete()
        self.assertEqual(self.texted(), [])

    def test_without_a_provider_text_messages_are_not_offered(self) -> None:
        with override_settings(SMS_URL=""):
            self.assertFalse(can_tell(Way.SMS))
            self.assertFalse(try_out(self.karim, Way.SMS))
        with override_settings(SMS_URL="", SMS_GATEWAY=f"{__name__}.OwnGateway"):
            self.assertTrue(can_tell(Way.SMS))
            self.assertIsInstance(gateway(Way.SMS), OwnGateway)
