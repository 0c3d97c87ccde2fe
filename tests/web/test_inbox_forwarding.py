"""Tests that a message goes on to a colleague elsewhere, with what was chosen and no more, traced in both places."""

from __future__ import annotations

from typing import Any

from portal.audit.models import Entry
from portal.conversations.models import Conversation, Message, MessageKind
from portal.outbound.models import Draft, DraftFile
from tests.documents.files import pdf
from tests.inbound.letters import LEA, MARTIN, TOM
from tests.outbound.stage import trust
from tests.web.inbox_case import CommittingInboxTestCase, fields_of, page, queued

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
