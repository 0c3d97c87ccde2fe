"""Tests that what the reader gets under a message is what its writer saw there."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from typing import Any

from django.utils import timezone

from portal.audit.models import Entry
from portal.conversations.models import Message, MessageKind
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox
from portal.mailboxes.signing import set_signature
from portal.outbound.departures import leave_due
from portal.outbound.models import Draft, DraftState
from portal.outbound.templates import save_template
from portal.team.signing import set_line
from tests.web.inbox_case import InboxTestCase, fields_of, page, queued

HOUSE = "Pharmacie du Soleil\n12 rue des Tests, 58000 Nevers\n03 86 00 00 01"
SIGNED = f"C’est prêt.\n\nClaire Moulin, pharmacien adjoint\n{HOUSE}"


class Signatures(InboxTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        set_signature(HOUSE, by=cls.nadia)

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()
        self.url = page("conversation", self.conversation.pk)

    def reply(self, name: str = "reply", **said: Any) -> Any:
        fields = {**fields_of(self.as_claire.get(self.url)), "body": "C’est prêt.", **said}
        target = self.conversation.pk if name == "reply" else fields["draft"]
        return self.as_claire.htmx("post", page(name, target), fields)

    def sent(self) -> Message:
        return Message.objects.get(kind=MessageKind.SENT)

    def test_it_is_shown_under_the_words_and_leaves_with_them(self) -> None:
        opened = self.as_claire.get(self.url)
        self.assertContains(opened, "Claire Moulin, pharmacien adjoint")
        self.assertContains(opened, "12 rue des Tests")

        self.reply()

        self.assertEqual(self.sent().text, SIGNED)
        mail = message_from_bytes(queued()[0].read_blob())
        self.assertEqual(mail.get_payload(decode=True).decode().splitlines(), SIGNED.splitlines())

    def test_one_that_changed_meanwhile_is_shown_before_it_leaves(self) -> None:
        fields = {**fields_of(self.as_claire.get(self.url)), "body": "C’est prêt."}
        set_signature("Pharmacie du Soleil", by=self.nadia)

        response = self.as_claire.htmx("post", page("reply", self.conversation.pk), fields)

        self.assertContains(response, "La signature a changé", status_code=409)
        self.assertContains(response, "C’est prêt.</textarea>", status_code=409)
        self.assertEqual(queued(), [])

    def test_taken_back_the_words_come_without_it(self) -> None:
        self.reply()
        self.as_claire.htmx("post", page("undo", queued()[0].pk), {})
        self.assertEqual(Draft.objects.get(state=DraftState.OPEN).text, "C’est prêt.")

    def test_what_karim_submits_is_approved_and_leaves_under_his_line_as_it_was_shown(self) -> None:
        fields = {**fields_of(self.as_karim.get(self.url)), "body": "C’est prêt."}
        self.as_karim.htmx("post", page("submit", fields["draft"]), fields)
        self.assertContains(self.as_claire.get(self.url), "Karim Belkacem, préparateur")
        set_line(self.karim, "K. Belkacem")
        draft = Draft.objects.get()
        self.conversation.refresh_from_db()
        said = {"draft_version": draft.version, "version": self.conversation.version}
        self.as_claire.htmx("post", page("approve", draft.pk), {**said, "conversation": self.conversation.pk})
        self.assertIn("Karim Belkacem, préparateur", self.sent().text)

    def test_what_leaves_later_leaves_as_it_was_shown(self) -> None:
        self.reply("later", when="opening")
        set_signature("Autre", by=self.nadia)
        self.assertContains(self.as_claire.get(self.url), "12 rue des Tests")
        Draft.objects.update(leaves_at=timezone.now() - timedelta(seconds=1))
        leave_due()
        self.assertEqual(self.sent().text, SIGNED)

    def test_the_same_words_twice_are_told_whatever_is_under_them(self) -> None:
        self.reply()
        self.assertContains(self.reply(), "déjà envoyé ce même texte", status_code=409)

    def test_a_template_ends_as_it_is_written(self) -> None:
        template = save_template(uuid7(), name="Prête", text="Prête.", version=0, by=self.claire)
        self.reply("draft_template", body="", choose=str(template.pk))
        opened = self.as_claire.get(self.url)
        self.assertNotContains(opened, "12 rue des Tests")
        self.as_claire.htmx("post", page("reply", self.conversation.pk), fields_of(opened))
        self.assertEqual(self.sent().text, "Prête.")

    def test_without_one_nothing_is_put_under_anything(self) -> None:
        set_signature("", by=self.nadia)
        self.assertNotContains(self.as_claire.get(self.url), "Claire Moulin, pharmacien adjoint")
        self.reply()
        self.assertEqual(self.sent().text, "C’est prêt.")

    def test_everybody_writes_her_own_line(self) -> None:
        self.assertContains(self.as_karim.get(page("my_signature")), "Karim Belkacem, préparateur")
        self.as_karim.post(page("my_signature"), {"line": "Karim Belkacem, préparateur en pharmacie"})
        self.assertContains(self.as_karim.get(self.url), "préparateur en pharmacie")
        self.as_karim.post(page("my_signature"), {"line": ""})
        self.karim.refresh_from_db()
        self.assertEqual(self.karim.signature, "")
        self.assertEqual(Entry.objects.filter(event="account:signature", actor=self.karim.pk).count(), 2)

    def test_the_responsible_person_writes_the_pharmacys(self) -> None:
        nadia = self.browser(self.nadia)
        self.assertContains(nadia.get(page("console_details")), "12 rue des Tests")
        nadia.post(page("console_signature"), {"signature": " Pharmacie\r\n du Soleil "})
        self.assertEqual(Mailbox.objects.get().signature, "Pharmacie\ndu Soleil")
        refused = nadia.post(page("console_signature"), {"signature": "a\n" * 9})
        self.assertContains(refused, "6 lignes", status_code=422)
        self.assertEqual(Mailbox.objects.get().signature, "Pharmacie\ndu Soleil")
