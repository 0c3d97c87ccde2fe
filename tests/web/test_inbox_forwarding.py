"""Tests that a message goes on to a colleague elsewhere, with what was chosen and no more, traced in both places."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

from portal.audit.models import Entry
from portal.conversations.models import Conversation, Message, MessageKind
from portal.lib.ids import uuid7
from portal.mailboxes.models import MailboxKind
from portal.outbound.models import Draft, DraftFile, Recipient
from tests.documents.files import pdf
from tests.inbound.letters import LEA, MARTIN, SOLEIL, TOM, letter
from tests.mailboxes.boxes import open_box
from tests.outbound.stage import trust
from tests.web.inbox_case import CommittingInboxTestCase, fields_of, page, queued

ANNE, HERS = "anne.roux@medecin-test.mssante.fr", "claire.moulin@medecin-test.mssante.fr"
FILES = {"ordonnance.pdf": ("application/pdf", pdf()), "note.txt": ("text/plain", b"deux")}


class Forwarding(CommittingInboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        trust("medecin-test.mssante.fr", "patient.mssante.fr")
        self.conversation = self.received(files=FILES)
        self.message = Message.objects.get(kind=MessageKind.RECEIVED)
        self.url = page("forward", self.message.pk)
        self.pieces = {file.name: str(file.pk) for file in self.message.attachments.all()}

    def begin(self, *names: str) -> Any:
        """Claire chooses these pieces; the composer that she is led to."""
        shown = self.as_claire.get(self.url).content.decode()
        draft = shown.partition('name="draft" value="')[2].partition('"')[0]
        said = {"draft": draft, "files": [self.pieces[name] for name in names]}
        first, second = (self.as_claire.post(self.url, said) for _ in range(2))
        self.assertEqual(first["Location"], second["Location"])
        return self.as_claire.get(first["Location"])

    def send(self, composer: Any, to: str, **said: Any) -> Any:
        fields = fields_of(composer)
        draft = Draft.objects.get(pk=fields["draft"])
        words = f"Bonjour, qu’en pensez-vous ?{draft.text}"
        data = {**fields, "to": to, "subject": draft.subject, "body": words, **said}
        return self.as_claire.post(page("send", draft.pk), data)

    def test_with_the_pieces_that_were_chosen_and_the_words_quoted(self) -> None:
        self.assertContains(self.as_claire.get(page("conversation", self.conversation.pk)), self.url)
        composer = self.begin("ordonnance.pdf")

        self.assertContains(composer, "Transfert d’un message de <b>Léa Durand</b>")
        self.assertContains(composer, "&gt; De : Léa Durand")
        self.assertContains(composer, "&gt; Bonjour, voici mon ordonnance.")
        self.assertEqual([file.name for file in DraftFile.objects.all()], ["ordonnance.pdf"])
        self.assertEqual(Draft.objects.count(), 1)

    def test_the_patients_number_does_not_go_along(self) -> None:
        self.begin("ordonnance.pdf")
        self.assertNotIn(LEA.partition("@")[0], Draft.objects.get().text)

    def test_it_is_a_conversation_of_its_own_traced_in_both(self) -> None:
        response = self.send(self.begin("note.txt"), MARTIN, sure=MARTIN)

        new = Conversation.objects.exclude(pk=self.conversation.pk).get()
        self.assertRedirects(response, page("conversation", new.pk), fetch_redirect_response=False)
        there, here = (self.as_karim.get(page("conversation", each.pk)) for each in (new, self.conversation))
        self.assertContains(there, "Transfert d’un message de Léa Durand")
        self.assertContains(there, page("conversation", self.conversation.pk))
        self.assertContains(here, "Claire a transféré un message à")
        self.assertContains(here, page("conversation", new.pk))
        self.conversation.refresh_from_db()
        self.assertEqual((self.conversation.message_count, self.conversation.last_sent_at), (1, None))
        self.assertEqual(Entry.objects.get(event="message:forward").object_id, self.message.pk)

    def test_taken_back_it_leaves_no_trace_but_in_the_journal(self) -> None:
        self.send(self.begin(), MARTIN, sure=MARTIN)
        self.as_claire.post(page("undo", queued()[0].pk), {})
        here = self.as_claire.get(page("conversation", self.conversation.pk))
        self.assertNotContains(here, "a transféré un message")
        self.assertTrue(Entry.objects.filter(event="message:forward").exists())
        self.assertEqual(Draft.objects.get().forwards, self.message)

    def test_never_to_a_patient_never_outside_and_a_first_contact_is_confirmed(self) -> None:
        for to, why in (
            (TOM, "On n’écrit à un patient que pour lui répondre"),
            (LEA, "On n’écrit à un patient que pour lui répondre"),
            ("ami@ailleurs.example", "espace de confiance"),
            (MARTIN, "Confirmer et envoyer"),
        ):
            self.assertContains(self.send(self.begin("note.txt"), to), why, status_code=422)
        self.assertEqual(queued(), [])

    def test_karim_writes_it_and_a_pharmacist_reads_it_first(self) -> None:
        shown = self.as_karim.get(self.url).content.decode()
        draft_id = shown.partition('name="draft" value="')[2].partition('"')[0]
        led = self.as_karim.post(self.url, {"draft": draft_id, "files": [self.pieces["note.txt"]]})
        composer = self.as_karim.get(led["Location"])
        fields = {**fields_of(composer), "to": MARTIN, "subject": "Tr: x", "body": "Voici.", "sure": MARTIN}
        self.as_karim.post(page("submit", draft_id), fields)
        self.assertContains(self.as_claire.get(page("submitted", draft_id)), "note.txt")

    def test_a_stranger_of_the_other_pharmacy_forwards_nothing(self) -> None:
        self.assertEqual(self.hugo().get(self.url).status_code, 404)
        self.assertEqual(self.as_claire.post(self.url, {"draft": "x"}).status_code, 404)

    def test_a_message_sent_is_forwarded_too_with_its_files(self) -> None:
        fields = fields_of(self.as_claire.get(page("conversation", self.conversation.pk)))
        self.as_claire.post(page("reply", self.conversation.pk), {**fields, "body": "C’est prêt."})
        sent = Message.objects.get(kind=MessageKind.SENT)
        self.assertContains(self.as_claire.get(page("forward", sent.pk)), "Claire Moulin")


class DesignedOut(CommittingInboxTestCase):
    """Faults of other shared inboxes, each by its name."""

    def setUp(self) -> None:
        super().setUp()
        trust("medecin-test.mssante.fr", "patient.mssante.fr")

    def test_a_patients_attachments_are_not_sent_back_on_reply(self) -> None:
        conversation = self.received(files=FILES)
        fields = fields_of(self.as_claire.get(page("conversation", conversation.pk)))
        self.as_claire.post(page("reply", conversation.pk), {**fields, "body": "C’est prêt."})
        sent = Message.objects.get(kind=MessageKind.SENT)
        self.assertEqual(sent.attachments.count(), 0)
        self.assertNotIn(b"ordonnance.pdf", queued()[0].read_blob())
        self.assertNotIn(b"attachment", queued()[0].read_blob().lower())

    def test_nobody_in_copy_is_erased_by_an_unrelated_click(self) -> None:
        """One answers all; then joins a file, saves, takes the pen, has it assigned, chooses an hour."""
        self.receive(letter(f"Dr Martin <{MARTIN}>", "Mme Petit", Cc=f"Anne Roux <{ANNE}>"))
        conversation = Conversation.objects.get()
        url = page("conversation", conversation.pk)
        self.assertContains(self.as_claire.get(url), "Répondre à tous (aussi Anne Roux)")

        def press(name: str, *args: Any) -> list[str]:
            fields = {**fields_of(self.as_claire.get(url)), "body": "Bien reçu.", "to_all": "1"}
            said = {"person": self.claire.pk, "when": "choose", "note": uuid7(), "text": "Vu."}
            target = page(name, *(args or [fields["draft"]]))
            self.assertEqual(self.as_claire.htmx("post", target, {**fields, **said}).status_code, 200, name)
            return list(Draft.objects.get().recipients)

        to_all = press("draft_to")
        self.assertEqual(len(to_all), 2)
        self.assertIn(ANNE, to_all[1])
        for name, args in (
            ("draft_save", ()),
            ("draft_attach", ()),
            ("take_pen", (conversation.pk,)),
            ("assign", (conversation.pk,)),
            ("add_note", (conversation.pk,)),
            ("later", ()),
        ):
            with self.subTest(name):
                self.assertEqual(press(name, *args), to_all)
        self.assertContains(self.as_claire.get(url), "Répondre seulement à Dr Martin")
        press("reply", conversation.pk)
        self.assertEqual({each.address for each in Recipient.objects.all()}, {MARTIN, ANNE})

    def test_an_answer_never_bears_another_identity_than_the_mailbox_that_received(self) -> None:
        """Claire has a mailbox of her own: what came there leaves from there, and what came to all from all's."""
        hers = open_box(HERS, label="Claire Moulin", kind=MailboxKind.PER, owner=self.claire)
        for box, sender in ((hers, HERS), (self.box, SOLEIL)):
            conversation = self.received(f"Dr Martin <{MARTIN}>", f"Pour {sender}", box=box)
            message = conversation.messages.get()
            fields = fields_of(self.as_claire.get(page("conversation", conversation.pk)))
            self.as_claire.post(page("reply", conversation.pk), {**fields, "body": f"Vu, {sender}."})
            forwarded = self.as_claire.get(page("forward", message.pk)).content.decode()
            draft = forwarded.partition('name="draft" value="')[2].partition('"')[0]
            self.as_claire.post(page("forward", message.pk), {"draft": draft})
            with self.subTest(sender):
                self.assertEqual(queued()[-1].mailbox, box)
                self.assertIn(f"<{sender}>", message_from_bytes(queued()[-1].read_blob())["From"])
                self.assertEqual(Draft.objects.get(pk=draft).mailbox, box)
                self.assertContains(self.as_claire.get(page("compose_draft", draft)), sender)
        self.assertContains(self.as_claire.get(page("compose")), SOLEIL)
