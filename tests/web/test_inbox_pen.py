"""Tests that two do not answer the same question unawares, and that no word of a draft is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import finish
from portal.conversations.models import Conversation
from portal.outbound.drafts import save_draft
from portal.outbound.models import Draft, DraftState, DraftVersion
from portal.outbound.pen import LIFE
from portal.outbound.versions import MOST
from portal.team.models import User
from tests.web.inbox_case import InboxTestCase, fields_of, page, queued

WRITES = "Claire écrit une réponse"


class Writers(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()
        self.as_nadia = self.browser(self.nadia)

    def shown(self, browser: Any) -> str:
        return str(browser.get(page("conversation", self.conversation.pk)).content.decode())

    def fields(self, browser: Any) -> dict[str, str]:
        return fields_of(browser.get(page("conversation", self.conversation.pk)))

    def save(self, browser: Any, body: str) -> dict[str, str]:
        """What one types is saved; then what the page posts next."""
        data = {**self.fields(browser), "body": body}
        self.assertEqual(browser.htmx("post", page("draft_save", data["draft"]), data).status_code, 200)
        return self.fields(browser)

    def take(self, browser: Any, body: str = "", **said: str) -> Any:
        data = {**self.fields(browser), "body": body, **said}
        return browser.post(page("take_pen", self.conversation.pk), data)

    def draft_of(self, user: User) -> Draft:
        return Draft.objects.get(author=user, state=DraftState.OPEN)

    def later(self, time: timedelta) -> Any:
        return patch("django.utils.timezone.now", return_value=timezone.now() + time)


class Pen(Writers):
    def test_while_claire_writes_the_others_see_it_with_her_words_and_their_field_waits(self) -> None:
        self.assertNotIn(WRITES, self.shown(self.as_nadia))
        self.save(self.as_claire, "Votre sirop est prêt")
        seen = self.shown(self.as_nadia)
        self.assertIn(WRITES, seen)
        self.assertIn("Votre sirop est prêt", seen)
        self.assertIn("readonly", seen)
        self.assertNotIn("readonly", self.shown(self.as_claire))

    def test_nadia_takes_the_pen_with_claires_words_and_claire_keeps_hers(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        self.assertEqual(self.take(self.as_nadia).status_code, 302)
        self.assertEqual(self.draft_of(self.nadia).text, "Votre sirop est prêt")
        self.assertEqual(self.draft_of(self.claire).text, "Votre sirop est prêt")
        self.assertNotIn("readonly", self.shown(self.as_nadia))
        self.assertIn("Nadia écrit une réponse", self.shown(self.as_claire))
        taken = Entry.objects.get(event=Event.DRAFT_TAKE)
        self.assertEqual((taken.actor, taken.detail), (self.nadia.pk, f"from={self.claire.pk}"))

    def test_who_takes_the_pen_keeps_her_own_words(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        self.take(self.as_nadia, "Bonjour Léa")
        self.assertEqual(self.draft_of(self.nadia).text, "Bonjour Léa")

    def test_claire_may_take_it_back_and_go_on(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        self.take(self.as_nadia)
        self.take(self.as_claire, "Votre sirop est prêt")
        self.assertNotIn("readonly", self.shown(self.as_claire))
        self.assertIn(WRITES, self.shown(self.as_nadia))

    def test_a_pen_that_lies_still_is_nobodys_but_the_draft_may_be_read_and_taken_over(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        old = timezone.now() - LIFE - timedelta(minutes=1)
        Draft.objects.update(pen_at=old, updated_at=old)
        seen = self.shown(self.as_nadia)
        self.assertNotIn(WRITES, seen)
        self.assertIn("Brouillon de Claire", seen)
        self.take(self.as_nadia, theirs=str(self.draft_of(self.claire).pk))
        self.assertEqual(self.draft_of(self.nadia).text, "Votre sirop est prêt")

    def test_taking_the_pen_sends_nothing_past_a_colleagues_answer(self) -> None:
        before = self.fields(self.as_nadia)
        claire = self.save(self.as_claire, "Votre sirop est prêt")
        self.as_claire.post(page("reply", self.conversation.pk), {**claire, "body": "Votre sirop est prêt"})
        refused = self.as_nadia.post(page("reply", self.conversation.pk), {**before, "body": "Je regarde"})
        self.assertContains(refused, "Claire a répondu", status_code=409)
        self.assertContains(refused, "Je regarde", status_code=409)
        self.assertEqual(len(queued()), 1)

    def test_words_that_a_colleague_finished_over_are_given_back_to_send_or_to_give_up(self) -> None:
        words = "Votre sirop est prêt"
        fields = self.save(self.as_nadia, words)
        finish(self.conversation, by=self.claire, version=Conversation.objects.get().version)
        held = self.as_nadia.post(page("reply", self.conversation.pk), {**fields, "body": words})
        self.assertContains(held, "Claire a terminé la conversation", status_code=409)
        self.assertContains(held, words, status_code=409)
        self.assertContains(held, "Envoyer quand même", status_code=409)
        self.assertContains(self.as_nadia.get(page("conversation", self.conversation.pk)), words)

        given_up = self.as_nadia.post(page("draft_discard", fields["draft"]), {**fields, "body": words})
        self.assertRedirects(given_up, page("compose_draft", fields["draft"]))
        self.as_nadia.post(page("draft_restore", fields["draft"]))
        self.assertEqual(self.draft_of(self.nadia).text, words)
        self.assertEqual(list(queued()), [])

    def test_a_draft_of_another_conversation_gives_no_words(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        other, self.conversation = self.conversation, self.received("Dr Petit <petit@medecin.mssante.fr>")
        self.take(self.as_nadia, theirs=str(Draft.objects.get(conversation=other).pk))
        self.assertEqual(Draft.objects.get(author=self.nadia).text, "")

    def test_hugo_takes_nothing(self) -> None:
        fields = {**self.fields(self.as_nadia), "body": ""}
        self.assertEqual(self.hugo().post(page("take_pen", self.conversation.pk), fields).status_code, 404)


class Versions(Writers):
    def versions(self) -> list[str]:
        return [each.text for each in DraftVersion.objects.order_by("-version")]

    def revert(self, version: UUID) -> Any:
        draft = self.draft_of(self.claire)
        return self.as_claire.post(reverse("draft_revert", args=[draft.pk, version]))

    def test_what_is_cut_away_is_kept_and_come_back_to_with_what_stands_now(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt, venez avant dix-neuf heures.")
        self.save(self.as_claire, "Non.")
        self.assertEqual(self.versions(), ["Votre sirop est prêt, venez avant dix-neuf heures."])
        page_ = self.as_claire.get(reverse("draft_versions", args=[self.draft_of(self.claire).pk]))
        self.assertContains(page_, "Revenir à cette version")
        self.assertEqual(self.revert(DraftVersion.objects.get().pk).status_code, 302)
        self.assertEqual(
            self.draft_of(self.claire).text, "Votre sirop est prêt, venez avant dix-neuf heures."
        )
        self.assertEqual(self.versions()[0], "Non.")

    def test_typing_on_keeps_a_version_a_minute_and_the_last_twenty(self) -> None:
        self.save(self.as_claire, "Bonjour")
        text = "Bonjour"
        for minute in range(MOST + 5):
            Draft.objects.update(kept_at=timezone.now() - timedelta(minutes=2))
            text += f" {minute}"
            for words in (text, f"{text}."):
                draft = self.draft_of(self.claire)
                save_draft(
                    draft,
                    by=self.claire,
                    version=draft.version,
                    recipients=draft.recipients,
                    subject=draft.subject,
                    text=words,
                )
        self.assertEqual(len(self.versions()), MOST)
        self.assertTrue(self.versions()[0].endswith(f" {MOST + 3}."))

    def test_versions_are_sealed(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt, venez avant dix-neuf heures.")
        self.save(self.as_claire, "Non.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT text FROM outbound_draftversion")
            self.assertNotIn(b"sirop", bytes(cursor.fetchone()[0]))

    def test_nobody_else_reads_the_versions_of_a_draft(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        url = reverse("draft_versions", args=[self.draft_of(self.claire).pk])
        self.assertEqual(self.as_nadia.get(url).status_code, 404)
        self.assertEqual(self.hugo().get(url).status_code, 404)

    def test_a_draft_is_not_lost_at_sign_out(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        self.as_claire.post(reverse("sign_out"))
        self.as_claire = self.browser(self.claire)
        self.assertIn("Votre sirop est prêt", self.shown(self.as_claire))

    def test_a_draft_is_not_lost_on_undo(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt, venez avant dix-neuf heures.")
        fields = self.save(self.as_claire, "Non.")
        self.as_claire.post(page("reply", self.conversation.pk), {**fields, "body": "Non."})
        self.as_claire.post(reverse("undo", args=[queued()[0].pk]), {"version": "0"})
        self.assertEqual(self.draft_of(self.claire).text, "Non.")
        self.assertEqual(self.versions(), ["Votre sirop est prêt, venez avant dix-neuf heures."])

    def test_a_draft_is_not_lost_in_a_second_tab(self) -> None:
        first = self.save(self.as_claire, "Votre sirop")
        self.save(self.as_claire, "Votre sirop est prêt")
        late = {**first, "body": "Je vous rappelle"}
        refused = self.as_claire.post(page("draft_save", late["draft"]), late)
        self.assertContains(refused, "Je vous rappelle", status_code=409)
        self.assertContains(refused, "Votre sirop est prêt", status_code=409)
        self.assertEqual(self.draft_of(self.claire).text, "Votre sirop est prêt")

    def test_a_draft_is_found_at_another_workstation(self) -> None:
        self.save(self.as_claire, "Votre sirop est prêt")
        self.assertIn("Votre sirop est prêt", self.shown(self.browser(self.claire)))
