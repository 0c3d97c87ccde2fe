"""Tests of sharing the work: who has it, whose turn it is, and what « Envoyer et… » makes of a conversation."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from portal.conversations.actions import assign, wait
from portal.conversations.models import Conversation, ConversationState
from portal.conversations.waiting import bring_back_due
from portal.house.calendar import calendar
from portal.house.models import OpeningHours
from portal.lib.nights import PARIS
from portal.team.models import User
from portal.web.inbox.waits import later_choices, until_of
from tests.web.inbox_case import InboxTestCase, fields_of, page


class Assigning(InboxTestCase):
    def assign(self, conversation: Conversation, **posted: Any) -> Any:
        data = {"version": Conversation.objects.get(pk=conversation.pk).version, **posted}
        return self.as_karim.post(page("assign", conversation.pk), data)

    def test_a_second_person_is_added_and_one_is_taken_off(self) -> None:
        conversation = self.received()
        self.assign(conversation, person=self.karim.pk)

        self.assign(conversation, also=self.claire.pk)
        shown = self.as_claire.get(page("conversation", conversation.pk))
        self.assertContains(shown, "Attribuée à Karim B., Claire M., changer")
        listed = self.as_claire.get(page("inbox_view", "a-moi"))
        self.assertContains(listed, "Karim</span>")
        self.assertContains(listed, "Claire</span>")

        self.assign(conversation, without=self.karim.pk)
        self.assertEqual(Conversation.objects.get().assignees, [self.claire.pk])
        self.assertContains(
            self.as_karim.get(page("conversation", conversation.pk)), "Karim ne s’en charge plus"
        )

    def test_what_nobody_has_stands_in_its_view(self) -> None:
        conversation = self.received(subject="À prendre")
        view = page("inbox_view", "non-attribues")
        self.assertContains(self.as_karim.get(view), "À prendre")

        self.assign(conversation, person=self.karim.pk)

        self.assertContains(self.as_karim.get(view), "Tout a preneur")

    def test_nobody_who_left_and_no_stranger_is_added(self) -> None:
        conversation = self.received()
        User.objects.filter(pk=self.claire.pk).update(active=False)

        for person in (self.claire.pk, uuid4()):
            self.assertEqual(self.assign(conversation, also=person).status_code, 422)
        self.assertEqual(Conversation.objects.get().assignees, [])

    def test_a_list_of_shared_work_costs_as_many_queries_as_any(self) -> None:
        for number in range(6):
            conversation = self.received(subject=f"N° {number}")
            self.assign(conversation, person=self.karim.pk)
            self.assign(conversation, also=self.claire.pk)
        self.as_karim.get(page("inbox_view", "a-moi"))

        for view in ("a-moi", "a-traiter", "non-attribues", "en-attente"):
            with self.subTest(view=view), self.statements() as asked:
                self.as_karim.get(page("inbox_view", view))
            self.assertLessEqual(len(asked.sql), 7, "\n".join(asked.sql))


class Waiting(InboxTestCase):
    def act(self, name: str, conversation: Conversation, **posted: Any) -> Any:
        data = {"version": Conversation.objects.get(pk=conversation.pk).version, **posted}
        return self.as_karim.post(page(name, conversation.pk), data)

    def test_a_conversation_is_set_to_wait_and_taken_up_again(self) -> None:
        conversation = self.received(subject="Renouvellement")

        self.act("wait", conversation, on="prescriber")

        listed = self.as_claire.get(page("inbox_view", "en-attente"))
        for words in ("Renouvellement", "Attend le prescripteur"):
            self.assertContains(listed, words)
        self.assertNotContains(self.as_claire.get(page("inbox_view", "a-traiter")), "Renouvellement")
        shown = self.as_claire.get(page("conversation", conversation.pk))
        for words in ("En attente du prescripteur.", "Karim attend la réponse du prescripteur", "Reprendre"):
            self.assertContains(shown, words)
        self.act("reopen", conversation)
        self.assertContains(self.as_claire.get(page("inbox_view", "a-traiter")), "Renouvellement")

    def test_the_answer_stands_in_what_is_to_do_with_its_mark(self) -> None:
        conversation = self.received(subject="Renouvellement")
        self.act("wait", conversation, on="patient")

        self.received(subject="Re: Renouvellement")

        listed = self.as_claire.get(page("inbox_view", "a-traiter"))
        self.assertContains(listed, "Réponse reçue")
        self.assertContains(
            self.as_claire.get(page("conversation", conversation.pk)), "La réponse attendue est arrivée"
        )

    def test_who_saw_an_older_version_changes_nothing(self) -> None:
        conversation = self.received()
        seen = conversation.version
        assign(conversation, to=self.claire, by=self.claire, version=seen)

        refused = self.as_karim.post(page("wait", conversation.pk), {"version": seen, "on": "patient"})

        self.assertEqual(refused.status_code, 409)
        self.assertContains(refused, "Claire a attribué la conversation", status_code=409)

    def test_it_waits_for_nothing_that_nobody_named(self) -> None:
        conversation = self.received()

        for on in ("", "open", "done", "later"):
            self.assertEqual(self.act("wait", conversation, on=on).status_code, 404)

    def test_a_stranger_of_the_other_pharmacy_sees_nothing(self) -> None:
        conversation = self.received()

        refused = self.hugo().post(page("wait", conversation.pk), {"version": 1, "on": "patient"})

        self.assertEqual(refused.status_code, 404)


class Later(InboxTestCase):
    """Soleil opens at 8:30 and closes at 19:30, and not at all on Sunday."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        hours = [OpeningHours(weekday=day, opens=time(8, 30), closes=time(19, 30)) for day in range(6)]
        OpeningHours.objects.bulk_create(hours)

    def setUp(self) -> None:
        super().setUp()
        self.kept = self.received(subject="Renouvellement")

    def choose(self, **posted: Any) -> Any:
        data = {"version": Conversation.objects.get(pk=self.kept.pk).version, **posted}
        return self.as_karim.post(page("wait", self.kept.pk), data)

    def until(self) -> datetime | None:
        until = Conversation.objects.get().snoozed_until
        return until.astimezone(PARIS) if until else None

    def test_on_a_friday_morning_there_are_this_evening_tomorrow_and_monday(self) -> None:
        friday = datetime(2026, 11, 27, 10, tzinfo=PARIS)
        for later, day, remind, expected in (
            ("tonight", None, None, (27, time(18, 30))),
            ("tomorrow", None, None, (28, time(8, 30))),
            ("monday", None, None, (30, time(8, 30))),
            ("day", date(2026, 11, 29), None, (30, time(8, 30))),
            ("", None, 2, (30, time(8, 30))),
        ):
            with self.subTest(later=later, remind=remind):
                until = until_of(later, day, remind, now=friday)
                assert until
                self.assertEqual((until.day, until.time()), expected)
        labels = [each.label for each in later_choices(friday, calendar())]
        self.assertEqual(labels, ["Ce soir", "Demain matin", "Lundi"])
        self.assertIsNone(until_of("tonight", None, None, now=friday.replace(hour=19)))

    def test_the_hours_to_choose_from_are_the_pharmacys_own(self) -> None:
        shown = self.as_karim.get(page("wait", self.kept.pk))
        fetched = self.as_karim.htmx("get", page("wait", self.kept.pk))

        for response in (shown, fetched):
            for words in ("8:30", "Sans date", "Ce jour-là"):
                self.assertContains(response, words)
        self.assertTemplateUsed(fetched, "inbox/_wait_until.html")
        self.assertContains(shown, "<html")

    def test_it_is_put_aside_until_the_moment_that_was_chosen(self) -> None:
        self.choose(later="day", day="2065-11-29")  # a Sunday

        self.assertEqual(self.until(), datetime(2065, 11, 30, 8, 30, tzinfo=PARIS))
        listed = self.as_karim.get(page("inbox_view", "en-attente"))
        for words in ("Plus tard", "Retour lundi 30\N{NO-BREAK SPACE}nov. 2065"):
            self.assertContains(listed, words)

    def test_until_an_answer_it_has_no_hour(self) -> None:
        self.choose(later="answer")

        self.assertEqual((Conversation.objects.get().state, self.until()), ("later", None))
        self.assertContains(self.as_karim.get(page("inbox_view", "en-attente")), "Plus tard")

    def test_an_hour_that_has_passed_is_refused_in_words(self) -> None:
        for posted in ({"later": "day", "day": ""}, {"later": "day", "day": "2020-01-01"}):
            refused = self.choose(**posted)
            self.assertContains(refused, "choisissez quand la conversation doit revenir", status_code=422)
        self.assertEqual(Conversation.objects.get().state, "open")

    def test_a_reminder_is_set_afterwards_changed_and_dropped(self) -> None:
        self.choose(on="patient")
        self.assertContains(self.as_karim.get(page("conversation", self.kept.pk)), "Me relancer")

        self.choose(on="patient", remind="7")
        self.assertIsNotNone(self.until())
        self.assertContains(self.as_karim.get(page("conversation", self.kept.pk)), "Ne pas me relancer")
        self.choose(on="patient", remind="")

        self.assertEqual((Conversation.objects.get().state, self.until()), ("patient", None))

    def test_without_an_answer_it_is_back_with_the_reason_for_whom_asked(self) -> None:
        wait(
            self.kept,
            on=ConversationState.PATIENT,
            until=timezone.now() + timedelta(days=3),
            by=self.karim,
            version=self.kept.version,
        )
        Conversation.objects.update(snoozed_until=timezone.now() - timedelta(minutes=1))

        bring_back_due()

        listed = self.as_karim.get(page("inbox_view", "a-moi"))
        self.assertContains(listed, "sans réponse")
        self.assertContains(
            self.as_karim.get(page("conversation", self.kept.pk)), "relance demandée par Karim"
        )


class SendingAnd(InboxTestCase):
    def send(self, then: str, **more: str) -> Conversation:
        conversation = self.received()
        shown = self.as_claire.get(page("conversation", conversation.pk))
        self.assertContains(shown, "Envoyer et…")
        data = {**fields_of(shown), "body": "Avez-vous votre carte Vitale ?", "then": then, **more}
        self.as_claire.post(page("reply", conversation.pk), data)
        return Conversation.objects.get(pk=conversation.pk)

    def test_a_reminder_chosen_with_plain_send_waits_for_the_answer_it_is_about(self) -> None:
        sent = self.send("", remind="3")

        self.assertEqual(sent.state, "patient")
        self.assertIsNotNone(sent.snoozed_until)

    def test_an_answer_is_sent_and_the_patient_waited_for(self) -> None:
        sent = self.send("patient")

        self.assertEqual((sent.state, sent.message_count), ("patient", 2))
        self.assertContains(self.as_claire.get(page("inbox_view", "en-attente")), "Attend le patient")

    def test_with_a_reminder_it_comes_back_by_itself(self) -> None:
        sent = self.send("patient", remind="3")

        assert sent.snoozed_until
        self.assertGreater(sent.snoozed_until, timezone.now() + timedelta(days=2))
        self.assertEqual(sent.snoozed_by, self.claire)

    def test_an_answer_is_sent_and_the_prescriber_waited_for(self) -> None:
        self.assertEqual(self.send("prescriber").state, "prescriber")

    def test_an_answer_is_sent_and_that_is_all(self) -> None:
        self.assertEqual(self.send("finish").state, "done")

    def test_what_no_button_says_sends_nothing(self) -> None:
        self.assertEqual(self.send("later").message_count, 1)

    def test_an_answer_in_a_conversation_that_waits_leaves_it_there(self) -> None:
        conversation = self.received()
        wait(conversation, on=ConversationState.PATIENT, by=self.karim, version=conversation.version)
        shown = self.as_claire.get(page("conversation", conversation.pk))

        self.as_claire.post(
            page("reply", conversation.pk), {**fields_of(shown), "body": "Et votre mutuelle ?"}
        )

        self.assertEqual(Conversation.objects.get().state, "patient")
