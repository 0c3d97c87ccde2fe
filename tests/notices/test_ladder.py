"""A patient's message that nobody opens is heard of: by those on duty, then by the responsible person."""

from __future__ import annotations

from datetime import time, timedelta

from celery import current_app
from django.conf import settings
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import finish, mark_opened
from portal.conversations.models import Conversation
from portal.conversations.waiting import wait
from portal.house.actions import add_period, set_hours
from portal.house.hours import Stretch
from portal.house.models import Period, PeriodKind
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.mailboxes.models import MailboxKind
from portal.notices.deliver import notify_due
from portal.notices.ladder import forget_old, ladder, set_ladder
from portal.notices.models import Climb, Notice, NoticeState, Reach, Rung, Way
from portal.notices.reach import audience, reach_of
from portal.notices.tasks import climb as task
from portal.records.night import spend_night
from portal.team.absences import announce
from portal.team.actions import deactivate, set_email
from tenants.fences import OWNER
from tenants.models import Wakeup
from tests.chaos import KILLED, Workers
from tests.inbound.letters import LEA, MARTIN, TOM, letter
from tests.mailboxes.boxes import open_box
from tests.notices.ladder_case import DAY, KARIM, MOBILE, NADIA, LadderTestCase
from tests.prescriptions.stage import arrived


class Unopened(LadderTestCase):
    def test_those_on_duty_are_told_after_twenty_minutes_and_the_responsible_person_twenty_later(
        self,
    ) -> None:
        self.writes()
        self.assertEqual((self.woken_in(), self.look(), self.woken_in()), (5, [], 20))

        self.pass_time(21)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        self.assertEqual(self.woken_in(), 19)
        self.assertEqual((self.look(), self.woken_in()), ([], 19))

        self.pass_time(20)
        self.assertEqual(self.look(), [("nadia", Rung.HEAD)])
        self.assertEqual(self.look(), [])
        self.assertFalse(Wakeup.objects.using(OWNER).filter(what="ladder").exists())
        self.assertEqual(current_app.tasks[settings.WAKEUPS["ladder"]].name, task.name)

    def test_what_leaves_says_how_many_and_nothing_of_any_patient(self) -> None:
        self.writes("Léa Durand <" + LEA + ">", "Mon insuline", "Je n’ai plus d’insuline.")
        self.writes("Tom <" + TOM + ">", "Mes yeux", "Mes gouttes.")
        self.told_by_sms(self.claire)
        self.pass_time(45)

        self.look()
        notify_due()

        mails, (text,) = {str(mail["To"]): mail for mail in self.arrived()}, self.texted()
        words = mails[KARIM].get_content()
        self.assertIn("2 messages de patients n’ont pas encore été ouverts", words)
        self.assertIn("Pharmacie du Soleil", words)
        self.assertIn("comme responsable", mails[NADIA].get_content())
        self.assertEqual(text.to, MOBILE)
        self.assertEqual(
            text.text,
            "Pharmacie du Soleil : 2 messages de patients n'ont pas encore été ouverts. Ouvrez Officinal.",
        )
        self.assertLessEqual(len(text.text), 160)
        said = words + text.text + mails[NADIA].get_content() + mails[NADIA]["Subject"]
        for secret in ("Durand", "insuline", "Tom", "2790", "gouttes", "Karim"):
            self.assertNotIn(secret, said)

    def test_each_alert_is_in_the_journal_with_whom_it_told_and_how(self) -> None:
        self.writes()
        self.pass_time(21)
        self.look()
        notify_due()

        told = Entry.objects.get(event=Event.LADDER_TOLD)
        self.assertEqual((told.object_id, told.detail), (self.karim.pk, "kind=unopened rung=1 n=1 way=email"))
        self.assertEqual(Entry.objects.filter(event=Event.NOTICE_SENT).count(), 1)

    def test_opening_ending_or_putting_aside_stops_it(self) -> None:
        for how in ("open", "end", "aside"):
            with self.subTest(how):
                conversation = self.writes(f"Léa <{LEA}>", how)
                if how == "open":
                    mark_opened(conversation, by=self.karim)
                elif how == "end":
                    finish(conversation, by=self.karim, version=conversation.version)
                else:
                    wait(conversation, on="later", by=self.karim, version=conversation.version)
                self.pass_time(60)
                self.assertEqual(self.look(), [])

    def test_opened_after_the_first_rung_it_never_reaches_the_second(self) -> None:
        conversation = self.writes()
        self.pass_time(21)
        self.look()
        mark_opened(conversation, by=self.claire)
        self.pass_time(30)

        self.assertEqual(self.look(), [])

    def test_what_comes_in_after_it_was_opened_waits_anew(self) -> None:
        conversation = self.writes(message_id="<un@patient.mssante.fr>")
        mark_opened(conversation, by=self.karim)
        self.pass_time(60)
        self.writes(answers="<un@patient.mssante.fr>")
        self.assertEqual(self.look(), [])

        self.pass_time(21)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])

    def test_a_second_message_of_an_impatient_patient_does_not_start_the_clock_again(self) -> None:
        self.writes(message_id="<un@patient.mssante.fr>")
        self.pass_time(15)
        self.writes(answers="<un@patient.mssante.fr>")
        self.pass_time(6)

        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        self.assertEqual(Notice.objects.get().n, 1)

    def test_a_notice_that_waits_in_the_queue_is_dropped_once_it_was_opened(self) -> None:
        conversation = self.writes()
        self.pass_time(21)
        self.look()
        mark_opened(conversation, by=self.karim)

        notify_due()

        self.assertEqual(self.arrived(), [])
        self.assertEqual(Notice.objects.get().state, NoticeState.DROPPED)
        self.assertTrue(Entry.objects.filter(event=Event.NOTICE_DROPPED).exists())

    def test_professionals_and_what_was_brought_along_call_nobody(self) -> None:
        self.writes(f"Dr Martin <{MARTIN}>")
        keep(self.box, letter(f"Tom <{TOM}>", "Importé"))
        process_stored()
        arrived(self.box, letter(subject="Il y a longtemps"), age=10 * DAY)
        self.pass_time(60)

        self.assertEqual(self.look(), [])
        self.assertFalse(Wakeup.objects.using(OWNER).filter(what="ladder").exists())


class OpenTime(LadderTestCase):
    def close(self) -> None:
        Period.objects.all().delete()

    def test_the_night_does_not_count_and_a_garde_does(self) -> None:
        day = (timezone.localdate() + 3 * DAY).weekday()
        self.close()
        set_hours([Stretch(day, time(9), time(12))], by=None)
        self.writes()
        self.pass_time(90)
        Wakeup.objects.using(OWNER).all().delete()

        self.assertEqual(self.look(), [])
        due = Wakeup.objects.using(OWNER).get(what="ladder").due_at
        self.assertEqual(timezone.localtime(due).strftime("%H:%M"), "09:20")

        now = timezone.now()
        add_period(PeriodKind.GARDE, begins=now - timedelta(minutes=30), ends=now + DAY, by=None)
        self.assertLessEqual(self.woken_in(), 0)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])

    def test_nobody_is_called_at_night_and_whoever_opens_is_told(self) -> None:
        self.writes()
        now = timezone.now()
        self.close()
        ended = now - timedelta(minutes=10)
        add_period(PeriodKind.GARDE, begins=now - DAY, ends=ended, by=None)
        tomorrow = add_period(PeriodKind.GARDE, begins=now + DAY, ends=now + 2 * DAY, by=None)
        self.pass_time(40)
        Wakeup.objects.using(OWNER).all().delete()

        self.assertEqual((self.look(), self.woken_in()), ([], 24 * 60))
        Period.objects.filter(pk=tomorrow.pk).update(begins=now)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])

    def test_without_hours_nothing_is_due_until_they_are_written(self) -> None:
        self.close()
        self.writes()
        self.pass_time(600)
        Wakeup.objects.using(OWNER).all().delete()

        self.assertEqual(self.look(), [])
        self.assertFalse(Wakeup.objects.using(OWNER).filter(what="ladder").exists())

    def test_the_pharmacy_chooses_how_long_and_none_at_all(self) -> None:
        self.writes()
        self.pass_time(21)
        set_ladder(minutes=0, deputy=None, by=self.nadia)
        self.assertEqual(self.look(), [])

        set_ladder(minutes=10, deputy=None, by=self.nadia)
        self.assertLessEqual(self.woken_in(), 0)
        self.assertEqual(self.look(), [("karim", Rung.DUTY), ("nadia", Rung.HEAD)])

    def test_a_forgotten_one_is_woken_at_night_and_what_is_of_no_use_is_forgotten(self) -> None:
        self.writes()
        self.pass_time(21)
        self.look()
        Wakeup.objects.using(OWNER).all().delete()

        spend_night()
        self.assertLessEqual(self.woken_in(), 0)
        self.pass_time(60 * 24 * 31)
        self.told_by_sms(self.claire)
        deactivate(self.claire, by=self.nadia, now=timezone.now())
        forget_old()
        self.assertFalse(Climb.objects.exists())
        self.assertEqual([reach.user for reach in Reach.objects.all()], [self.karim])


class Who(LadderTestCase):
    def rungs(self) -> dict[str, list[int]]:
        return {each.user.sign_in_name: sorted(each.rungs) for each in audience(ladder()) if each.ways}

    def test_on_duty_is_who_chose_it_works_here_and_is_not_away(self) -> None:
        self.told_by_sms(self.claire)
        self.assertEqual(self.rungs(), {"karim": [1], "claire": [1], "nadia": [2]})

        now = timezone.now()
        announce(self.karim, begins=now - DAY, ends=now + DAY, by=self.karim, now=now)
        deactivate(self.claire, by=self.nadia, now=now)
        self.assertEqual(self.rungs(), {"nadia": [2]})

    def test_with_nobody_on_duty_the_responsible_person_is_told_at_once(self) -> None:
        self.writes()
        now = timezone.now()
        announce(self.karim, begins=now - DAY, ends=now + DAY, by=self.karim, now=now)
        self.pass_time(21)

        self.assertEqual(self.look(), [("nadia", Rung.HEAD)])

    def test_away_she_is_told_all_the_same_and_her_deputy_too(self) -> None:
        set_ladder(minutes=20, deputy=self.claire, by=self.nadia)
        set_email(self.claire, to="claire@exemple.fr", by=self.nadia)
        self.assertEqual(self.rungs(), {"karim": [1], "nadia": [2]})

        now = timezone.now()
        announce(self.nadia, begins=now - DAY, ends=now + DAY, by=self.nadia, now=now)
        self.assertEqual(self.rungs(), {"karim": [1], "nadia": [2], "claire": [2]})

    def test_a_personal_mailbox_calls_its_owner_alone(self) -> None:
        own = open_box(
            "claire.moulin@officine-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire, by=None
        )
        self.told_by_sms(self.claire)
        arrived(own, letter())
        self.pass_time(60)

        self.assertEqual(self.look(), [("claire", Rung.DUTY)])

    def test_a_way_that_is_no_more_falls_back_on_the_address_of_the_console(self) -> None:
        self.told_by_sms(self.nadia)
        with override_settings(SMS_URL=""):
            self.assertEqual(
                [each.ways for each in audience(ladder()) if each.user == self.nadia], [((Way.EMAIL, NADIA),)]
            )

    def test_when_nobody_can_be_told_the_journal_says_so_once(self) -> None:
        self.writes()
        self.pass_time(60)
        with override_settings(NOTICE_SMTP_HOST="", SMS_URL=""):
            self.assertEqual((self.look(), self.look()), ([], []))

        self.assertEqual(Entry.objects.filter(event=Event.LADDER_NOBODY).count(), 1)

    def test_what_she_chose_is_sealed_and_the_journal_does_not_hold_it(self) -> None:
        self.told_by_sms(self.claire)

        self.assertEqual(reach_of(self.claire).mobile, MOBILE)
        entry = Entry.objects.filter(event=Event.REACH_CHANGE).latest("n")
        self.assertEqual((entry.object_id, entry.detail), (self.claire.pk, "email=0 sms=1"))


class Storm(LadderTestCase):
    def test_fifty_messages_in_a_minute_are_one_notice_each_that_counts_them(self) -> None:
        for number in range(3):
            self.writes(f"P{number} <18006{number}2A00{4123 + number}57@patient.mssante.fr>", f"n° {number}")
        first = Conversation.objects.earliest("unopened_since")
        Conversation.objects.exclude(pk=first.pk).update(
            unopened_since=F("unopened_since") + timedelta(minutes=1)
        )
        self.pass_time(20.2)

        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        self.assertEqual(Notice.objects.get().n, 1)
        self.woken_in()
        self.pass_time(1)
        self.assertEqual(self.look(), [])  # told a minute ago
        self.assertEqual(self.woken_in(), 14)

        self.pass_time(14)
        self.assertEqual(self.look(), [("karim", Rung.DUTY)])
        self.assertEqual(Notice.objects.latest("created_at").n, 3)

    def test_a_worker_that_is_killed_while_it_tells_tells_nobody_twice(self) -> None:
        self.writes()
        self.pass_time(21)
        with Workers() as workers:
            code = workers.run("portal.notices.ladder:climb", self.soleil, fp="ladder.told:1")
        self.assertEqual((code, Notice.objects.count(), Climb.objects.count()), (KILLED, 0, 0))

        self.assertEqual((self.look(), self.look()), ([("karim", Rung.DUTY)], []))

    def test_an_alert_that_cannot_leave_is_given_up_within_the_hour(self) -> None:
        self.writes()
        self.pass_time(21)
        self.look()
        self.operator.faults.greylist_notices = 9
        self.addCleanup(setattr, self.operator.faults, "greylist_notices", 0)
        with self.assertLogs("portal.notices.deliver", "WARNING"):
            for _ in range(4):
                notify_due()
                Notice.objects.update(
                    created_at=F("created_at") - timedelta(minutes=16), due_at=timezone.now()
                )

        self.assertEqual(Notice.objects.get().state, NoticeState.FAILED)
