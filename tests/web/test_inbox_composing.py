"""Tests that a new message goes to professionals of the trust space, and says beside the field why it does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest.mock import patch

from django.db import connection

from portal.conversations.models import Conversation
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox, MailboxKind
from portal.mailboxes.signing import set_signature
from portal.outbound.drafts import NoSuchDraft
from portal.outbound.models import Draft, DraftState
from tenants.context import inside, leave
from tests.inbound.letters import LEA, MARTIN
from tests.mailboxes.boxes import open_box
from tests.outbound.stage import trust
from tests.web.inbox_case import CommittingInboxTestCase, fields_of, page, queued

HERS = "claire.moulin@pro-test.mssante.fr"


class Composing(CommittingInboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        trust("medecin-test.mssante.fr")
        self.fields = fields_of(self.as_claire.get(page("compose")))

    def test_a_new_message_begins_a_conversation_that_is_ones_own(self) -> None:
        response = self.send(to=f"Dr Martin <{MARTIN}>", subject="Question", body="Bonjour docteur.")

        conversation = Conversation.objects.get()
        self.assertRedirects(response, page("conversation", conversation.pk), fetch_redirect_response=False)
        self.assertEqual(conversation.assignees, [self.claire.pk])
        self.assertEqual(queued()[0].recipients.get().address, MARTIN)

    def test_a_double_click_sends_once(self) -> None:
        said = {"to": MARTIN, "subject": "Question", "body": "Bonjour."}
        first, second = self.send(**said), self.send(**said)

        self.assertEqual(first.headers["Location"], second.headers["Location"])
        self.assertEqual(len(queued()), 1)

    def test_each_recipient_that_may_not_be_written_to_is_told_why(self) -> None:
        response = self.send(to=f"{MARTIN}, quelquun@gmail.com, pas une adresse, {LEA}", body="Bonjour.")

        for words in ("quelquun@gmail.com", "espace de confiance", "mal écrite", "que pour lui répondre"):
            self.assertContains(response, words, status_code=422)
        self.assertContains(response, "Bonjour.</textarea>", status_code=422)
        self.assertContains(response, f'value="{MARTIN}, quelquun@gmail.com', status_code=422)
        self.assertEqual(queued(), [])

    def test_nobody_to_write_to_is_said_too(self) -> None:
        self.assertContains(self.send(body="Bonjour."), "au moins un destinataire", status_code=422)

    def test_a_message_that_was_begun_is_found_again(self) -> None:
        data = {**self.fields, "to": MARTIN, "subject": "À finir", "body": "Bon"}
        self.as_claire.htmx("post", page("draft_save", self.fields["draft"]), data)

        self.assertContains(self.as_claire.get(page("compose")), "À finir")
        again = self.as_claire.get(page("compose_draft", self.fields["draft"]))
        self.assertContains(again, "Bon</textarea>")
        self.assertContains(again, f'value="{MARTIN}"')

    def test_a_draft_that_was_thrown_away_can_be_taken_up_again(self) -> None:
        self.as_claire.htmx(
            "post", page("draft_save", self.fields["draft"]), {**self.fields, "to": "", "body": "Bon"}
        )
        thrown = self.as_claire.post(page("draft_discard", self.fields["draft"]), follow=True)
        self.assertContains(thrown, "Brouillon jeté")
        self.assertEqual(Draft.objects.get().state, DraftState.DISCARDED)

        back = self.as_claire.post(page("draft_restore", self.fields["draft"]), follow=True)

        self.assertContains(back, "Bon</textarea>")

    def test_a_page_that_was_never_stored_is_left_without_ado(self) -> None:
        response = self.as_claire.post(page("draft_discard", self.fields["draft"]))

        self.assertRedirects(response, page("inbox_home"), fetch_redirect_response=False)

    def test_taking_a_first_message_back_leads_to_its_composer(self) -> None:
        self.send(to=MARTIN, subject="Question", body="Trop vite.")

        response = self.as_claire.htmx("post", page("undo", queued()[0].pk), {"version": "1"})

        target = page("compose_draft", self.fields["draft"])
        self.assertEqual(response.headers["HX-Redirect"], target)
        self.assertContains(self.as_claire.get(target), "Trop vite.</textarea>")
        self.assertFalse(Conversation.objects.exists())

    def test_a_colleague_who_takes_a_first_message_back_is_led_to_where_it_waits(self) -> None:
        self.send(to=MARTIN, subject="Question", body="Bonjour docteur.")

        response = self.browser(self.nadia).post(page("undo", queued()[0].pk), {"version": "1"}, follow=True)

        self.assertEqual(response.redirect_chain[-1][0], page("submitted", self.fields["draft"]))
        self.assertContains(response, "Bonjour docteur.")
        self.assertEqual(Draft.objects.get().author, self.claire)

    def test_a_draft_that_was_sent_meanwhile_has_no_files_to_take_off_and_is_not_thrown_away(self) -> None:
        self.as_claire.post(page("draft_save", self.fields["draft"]), {**self.fields, "body": "Bonjour."})
        draft = Draft.objects.get()

        with patch("portal.outbound.drafts.hold_draft", side_effect=NoSuchDraft(draft.pk)):
            detached = self.as_claire.post(page("draft_detach", draft.pk, draft.pk))
            discarded = self.as_claire.post(page("draft_discard", draft.pk))

        self.assertEqual((detached.status_code, discarded.status_code), (404, 302))
        self.assertEqual(Draft.objects.get().state, DraftState.OPEN)

    def test_a_page_under_somebody_elses_id_writes_nothing(self) -> None:
        theirs = Draft.objects.create(mailbox=self.box, author=self.nadia, text="De Claire.")
        self.fields["draft"] = str(theirs.pk)

        response = self.send(to=MARTIN, body="De Karim.")

        self.assertContains(response, "De Karim.", status_code=409)
        theirs.refresh_from_db()
        self.assertEqual(theirs.text, "De Claire.")

    def test_a_pharmacy_without_a_mailbox_says_so(self) -> None:
        Mailbox.objects.all().delete()

        self.assertContains(self.send(to=MARTIN, body="Bonjour."), "pas encore de boîte", status_code=422)

    def test_who_has_a_mailbox_of_her_own_chooses_where_a_new_message_leaves_from(self) -> None:
        self.assertNotContains(self.as_claire.get(page("compose")), 'name="mailbox"')
        hers = open_box(HERS, label="Claire Moulin", kind=MailboxKind.PER, owner=self.claire)
        set_signature("Pharmacie du Soleil", by=self.nadia)
        self.assertContains(self.as_claire.get(page("compose")), f'<option value="{self.box.pk}" selected>')

        said = {**self.fields, "to": MARTIN, "body": "Bonjour.", "mailbox": str(hers.pk)}
        url = page("draft_save", self.fields["draft"])
        saved = self.as_claire.htmx("post", url, said, **{"HX-Trigger-Name": "mailbox"})

        self.assertContains(saved, 'id="signature" hx-swap-oob="true"')
        self.assertNotContains(saved, "Signé")
        again = self.as_claire.get(page("compose_draft", self.fields["draft"]))
        self.assertContains(again, f'<option value="{hers.pk}" selected>')
        self.send(to=MARTIN, body="Bonjour.", **{**fields_of(again), "mailbox": str(hers.pk)})
        self.assertEqual((queued()[0].mailbox, Conversation.objects.get().mailbox), (hers, hers))

    def test_nobody_writes_from_a_mailbox_that_is_not_hers_and_an_answer_not_from_another(self) -> None:
        hers = open_box(HERS, kind=MailboxKind.PER, owner=self.claire)
        nadias = open_box("nadia.benali@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.nadia)
        for wrong in (str(nadias.pk), str(uuid7()), "la mienne"):
            with self.subTest(wrong):
                self.assertEqual(self.send(to=MARTIN, body="Bonjour.", mailbox=wrong).status_code, 404)
        own = open_box("karim.belkacem@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.karim)
        self.assertNotContains(self.as_karim.get(page("compose")), str(own.pk))

        conversation = self.received()
        fields = fields_of(self.as_claire.get(page("conversation", conversation.pk)))
        self.as_claire.post(
            page("reply", conversation.pk), {**fields, "body": "Vu.", "mailbox": str(hers.pk)}
        )
        self.assertEqual([each.mailbox for each in queued()], [self.box])

    def send(self, **said: str) -> Any:
        data = {**self.fields, "to": "", "subject": "", "sure": MARTIN, **said}
        return self.as_claire.post(page("send", self.fields["draft"]), data)


class AtOnce(CommittingInboxTestCase):
    """Two requests of one click, on two threads."""

    def test_two_clicks_at_the_same_moment_send_once(self) -> None:
        conversation = self.received()
        fields = fields_of(self.as_claire.get(page("conversation", conversation.pk)))
        answers = self.together({**fields, "body": "C’est prêt."}, page("reply", conversation.pk))

        self.assertEqual([answer.status_code for answer in answers], [302, 302])
        self.assertEqual(len(queued()), 1)

    def test_two_clicks_on_a_first_message_begin_one_conversation(self) -> None:
        trust("medecin-test.mssante.fr")
        fields = fields_of(self.as_claire.get(page("compose")))
        data = {**fields, "to": MARTIN, "sure": MARTIN, "subject": "Question", "body": "Bonjour."}

        answers = self.together(data, page("send", fields["draft"]))

        self.assertEqual([answer.status_code for answer in answers], [302, 302])
        self.assertEqual(Conversation.objects.count(), 1)

    def together(self, data: dict[str, str], url: str) -> list[Any]:
        browsers = [self.browser(self.claire) for _ in range(2)]
        ready = Barrier(2)

        def click(browser: Any) -> Any:
            with inside(self.soleil):
                ready.wait(timeout=5)
                try:
                    return browser.post(url, data)
                finally:
                    leave()
                    connection.close()

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(click, browsers))
