"""Tests of what a live screen asks for: the door, the rows again, an open conversation again."""

from __future__ import annotations

import re

from django.test import override_settings
from django.urls import reverse

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import assign
from portal.conversations.notes import add_note
from portal.lib.ids import uuid7
from tests.web.inbox_case import InboxTestCase


class LiveScreens(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()

    def again(self, version: int) -> str:
        url = reverse("conversation_again", args=[self.conversation.pk])
        answer = self.as_karim.htmx("get", f"{url}?version={version}", X_Unattended="1")
        self.assertEqual(answer.status_code, 200)
        return str(answer.content.decode())

    def test_the_door_says_whose_screen_it_is_and_of_which_mailboxes(self) -> None:
        answer = self.as_karim.get(reverse("events"))
        self.assertEqual(
            answer.json(),
            {"pharmacy": self.soleil.id.hex, "person": self.karim.pk.hex, "mailboxes": [self.box.pk.hex]},
        )

    def test_the_door_is_shut_to_who_is_locked_or_out(self) -> None:
        self.as_karim.change_session(locked=True)
        self.assertEqual(self.as_karim.get(reverse("events"), headers={"X-Unattended": "1"}).status_code, 401)
        self.as_claire.cookies.clear()
        self.assertEqual(self.as_claire.get(reverse("events")).status_code, 302)

    def test_asking_for_an_open_conversation_again_is_no_reading(self) -> None:
        self.again(self.conversation.version)
        self.conversation.refresh_from_db()
        self.assertTrue(self.conversation.unopened)
        self.assertFalse(Entry.objects.filter(event=Event.CONVERSATION_OPEN).exists())

    def test_who_writes_is_told_what_a_colleague_did_meanwhile_and_a_note_holds_nobody_up(self) -> None:
        seen = self.conversation.version
        add_note(self.conversation, note_id=uuid7(), text="Rappeler", by=self.claire)
        page = self.again(seen)
        self.assertIn("Rappeler", page)
        self.assertNotIn("pendant que vous écriviez", page)
        assign(self.conversation, to=self.claire, by=self.claire, version=seen)
        self.assertIn("Claire a attribué la conversation", self.again(seen))

    def test_hugo_of_another_pharmacy_gets_none_of_it(self) -> None:
        url = reverse("conversation_again", args=[self.conversation.pk])
        self.assertEqual(self.hugo().get(url).status_code, 404)

    def test_who_is_where_is_told_only_of_a_conversation_that_one_may_see(self) -> None:
        there = {"tab": str(uuid7()), "conversation": str(self.conversation.pk), "writing": "1"}
        with self.captureOnCommitCallbacks() as told:
            self.assertEqual(self.as_karim.post(reverse("here"), there).status_code, 204)
        self.assertEqual(len(told), 1)
        self.assertEqual(self.hugo().post(reverse("here"), there).status_code, 404)
        self.assertEqual(self.as_karim.post(reverse("here"), {"tab": "x"}).status_code, 404)
        self.assertFalse(Entry.objects.filter(actor=self.karim.pk).exists())

    def test_the_list_gives_its_rows_again_with_the_counts(self) -> None:
        answer = self.as_karim.htmx("get", f"{reverse('news', args=['a-traiter'])}?rangs=1")
        self.assertContains(answer, f'id="row-{self.conversation.pk}"')
        self.assertContains(answer, 'id="views"')
        self.assertNotContains(answer, 'id="pane"')

    def test_pages_know_the_stream_only_where_there_is_one(self) -> None:
        self.assertNotContains(self.as_karim.get(reverse("inbox_view", args=["a-traiter"])), "data-events")
        with override_settings(EVENTS="proxy"):
            page = self.as_karim.get(reverse("inbox_view", args=["a-traiter"]))
            self.assertContains(page, 'data-events="/equipe/evenements/"')
        with override_settings(EVENTS="8050"):
            page = self.as_karim.get(reverse("inbox_view", args=["a-traiter"]))
            self.assertContains(page, 'data-events="http://soleil.localhost:8050/equipe/evenements/"')
            allowed = re.findall(r"connect-src ([^;]*)", page.headers["Content-Security-Policy"])
            self.assertEqual(allowed, ["'self' http://soleil.localhost:8050"])
