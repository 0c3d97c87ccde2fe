"""Tests that what Karim writes leaves by a pharmacist's hand, once, under both names, and is never lost on the way."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from portal.audit.models import Entry
from portal.conversations import counters
from portal.conversations.actions import StaleVersion, assign, finish
from portal.conversations.models import Conversation, CounterKind, Message, MessageKind
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox, MailboxKind
from portal.outbound.actions import queue, rewrite, undo
from portal.outbound.addressees import Refused
from portal.outbound.approval import (
    EmptyNote,
    NotSubmitted,
    approve,
    get_submitted,
    send_back,
    submit,
    take_back,
)
from portal.outbound.drafts import NoSuchDraft, StaleDraft, new_draft, start_reply
from portal.outbound.files import attach_file
from portal.outbound.models import Delivery, Draft, DraftState
from portal.outbound.templating import NeedsPharmacist
from portal.team.models import User
from sandbox.people import DOCTOR
from sandbox.people import PATIENT as LEA
from tests.outbound.stage import OutboundTestCase

NOTE = "Précisez l’heure, s’il vous plaît."


class ApprovalTestCase(OutboundTestCase):
    """Léa wrote, Karim answered and submitted it."""

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(LEA, subject="Mon sirop")
        self.draft = self.submitted("C’est prêt.")

    def submitted(self, text: str) -> Draft:
        draft = self.reply(self.conversation, text, by=self.karim)
        return submit(draft, by=self.karim, version=self.version())

    def approved(self, by: User | None = None, **options: Any) -> Delivery:
        """As a pharmacist does who has just opened it, Claire unless said."""
        seen = get_submitted(by or self.claire, self.draft.pk)
        values: dict[str, Any] = {"idempotency_key": uuid4(), "version": self.version(), **options}
        return approve(seen, by=by or self.claire, **values)

    def version(self) -> int:
        return Conversation.objects.get(pk=self.conversation.pk).version

    def waiting(self) -> int:
        """The count beside the view; that of the conversation agrees with it."""
        n = counters.counts(self.nadia.pk)[CounterKind.REVIEW]
        alone = Draft.objects.filter(state=DraftState.SUBMITTED, conversation=None).count()
        kept = sum(Conversation.objects.values_list("submitted", flat=True))
        self.assertEqual(n, kept + alone)
        self.assertEqual(n, Draft.objects.filter(state=DraftState.SUBMITTED).count())
        return n

    def events(self) -> list[str]:
        told = Entry.objects.order_by("n").values_list("event", flat=True)
        return [event for event in told if event.startswith(("draft:", "message:send", "delivery:cancel"))]


class Submitting(ApprovalTestCase):
    def test_it_waits_and_is_counted_and_the_thread_says_who(self) -> None:
        self.assertEqual(self.waiting(), 1)
        line = Message.objects.get(kind=MessageKind.EVENT)
        self.assertEqual((line.what, line.author), ("submitted", self.karim))
        self.assertEqual(self.events(), ["draft:submit"])
        self.assertFalse(Delivery.objects.exists())

    def test_a_double_click_submits_once(self) -> None:
        submit(self.draft, by=self.karim, version=self.version())

        self.assertEqual((self.waiting(), self.events()), (1, ["draft:submit"]))

    def test_it_is_held_when_a_colleague_moved(self) -> None:
        draft = self.reply(self.conversation, "Encore une chose.", by=self.karim)
        seen = self.version()
        assign(self.conversation, to=self.claire, by=self.claire, version=seen)

        with self.assertRaises(StaleVersion):
            submit(draft, by=self.karim, version=seen)

        self.assertEqual(Draft.objects.get(pk=draft.pk).state, DraftState.OPEN)
        self.assertEqual(self.waiting(), 1)

    def test_what_could_not_leave_is_refused_before_anybody_reads_it(self) -> None:
        for text, to in (("  ", [DOCTOR]), ("Bonjour", []), ("Bonjour", ["quelquun@gmail.com"])):
            draft = self.saved(new_draft(self.mailbox, by=self.karim), text, to=to)
            with self.subTest(to), self.assertRaises(Refused):
                submit(draft, by=self.karim, version=None)

    def test_a_personal_mailbox_has_nobody_to_read_it_over(self) -> None:
        Mailbox.objects.update(kind=MailboxKind.PER, owner=self.karim)
        draft = self.reply(self.conversation, "Et demain ?", by=self.karim)

        with self.assertRaises(Refused):
            submit(draft, by=self.karim, version=self.version())

    def test_what_is_submitted_is_written_in_no_more(self) -> None:
        with self.assertRaises(NoSuchDraft):
            self.saved(self.draft, "Autre chose", to=[LEA])
        self.assertNotEqual(start_reply(self.conversation, by=self.karim), self.draft)

    def test_another_pharmacys_or_an_open_draft_is_nobodys_to_see(self) -> None:
        open_one = self.reply(self.conversation, "Pas encore", by=self.karim)

        for draft_id in (open_one.pk, uuid7()):
            with self.assertRaises(NotSubmitted):
                get_submitted(self.claire, draft_id)


class Approving(ApprovalTestCase):
    def test_it_leaves_under_both_names(self) -> None:
        delivery = self.approved()

        assert delivery.message is not None
        message = delivery.message
        self.assertEqual((message.author, message.released_by), (self.karim, self.claire))
        self.assertEqual((message.text, delivery.recipients.get().address), ("C’est prêt.", LEA))
        self.assertEqual(self.waiting(), 0)
        self.assertEqual(self.events(), ["draft:submit", "message:send", "draft:approve"])
        self.wait(seconds=10)
        self.after_work(delivery)
        self.assertEqual(self.arrived(), [LEA])

    def test_it_may_be_corrected_on_the_way(self) -> None:
        delivery = self.approved(text="C’est prêt à 9 h.")

        assert delivery.message is not None
        self.assertEqual(delivery.message.text, "C’est prêt à 9 h.")
        self.assertIn("corrected=yes", Entry.objects.get(event="draft:approve").detail)

    def test_a_preparateur_approves_nothing(self) -> None:
        for act in (self.approved, self.returned):
            with self.assertRaises(NeedsPharmacist):
                act(self.karim)

    def test_two_pharmacists_at_once_send_once(self) -> None:
        as_nadia_saw_it = get_submitted(self.nadia, self.draft.pk)
        seen = self.version()
        self.approved()

        with self.assertRaises(NotSubmitted):
            approve(as_nadia_saw_it, by=self.nadia, idempotency_key=uuid4(), version=seen)

        self.assertEqual(Delivery.objects.count(), 1)

    def test_a_double_click_finds_the_first_ones_message(self) -> None:
        key, seen = uuid4(), get_submitted(self.claire, self.draft.pk)
        first = approve(seen, by=self.claire, idempotency_key=key, version=self.version())

        self.assertEqual(approve(seen, by=self.claire, idempotency_key=key, version=None), first)

    def test_it_is_held_when_a_colleague_answered_meanwhile(self) -> None:
        seen = self.version()
        self.send(self.reply(self.conversation, "Claire répond.", by=self.claire))

        with self.assertRaises(StaleVersion):
            self.approved(version=seen)

        self.assertEqual(self.waiting(), 1)
        self.approved()
        self.assertEqual(self.waiting(), 0)

    def test_other_words_than_those_that_were_read_do_not_leave(self) -> None:
        seen = get_submitted(self.claire, self.draft.pk)
        opened = take_back(self.draft, by=self.karim)
        submit(self.saved(opened, "Autre chose.", to=[LEA]), by=self.karim, version=self.version())

        with self.assertRaises(StaleDraft):
            approve(seen, by=self.claire, idempotency_key=uuid4(), version=self.version())

    def test_a_new_message_is_its_authors_conversation(self) -> None:
        self.draft = self.saved(new_draft(self.mailbox, by=self.karim), "Bonjour docteur", to=[DOCTOR])
        submit(self.draft, by=self.karim, version=None)
        self.assertEqual(self.waiting(), 2)

        delivery = self.approved(version=None)

        assert delivery.message is not None
        self.assertEqual(delivery.message.conversation.assignees, [self.karim.pk])
        self.assertEqual(self.waiting(), 1)

    def returned(self, by: User) -> Draft:
        return send_back(get_submitted(by, self.draft.pk), by=by, note=NOTE)


class GivingBack(ApprovalTestCase):
    def returned(self, note: str = NOTE) -> Draft:
        return send_back(get_submitted(self.claire, self.draft.pk), by=self.claire, note=note)

    def test_its_author_has_it_again_with_the_note_and_the_conversation_too(self) -> None:
        finish(self.conversation, by=self.nadia, version=self.version())

        back = self.returned()

        self.assertEqual((back.pk, back.state, back.text), (self.draft.pk, DraftState.OPEN, "C’est prêt."))
        self.assertEqual((back.return_note, back.returned_by), (NOTE, self.claire))
        conversation = Conversation.objects.get()
        self.assertEqual((conversation.state, conversation.assignees), ("open", [self.karim.pk]))
        self.assertEqual(self.waiting(), 0)
        self.assertEqual(self.events(), ["draft:submit", "draft:return"])

    def test_it_does_not_take_a_colleagues_conversation_away(self) -> None:
        assign(self.conversation, to=self.nadia, by=self.nadia, version=self.version())

        self.returned()

        self.assertEqual(Conversation.objects.get().assignees, [self.nadia.pk])

    def test_what_was_written_since_stays_beside_it(self) -> None:
        self.reply(self.conversation, "Et bonne journée.", by=self.karim)

        back = self.returned()

        self.assertEqual((back.text, back.return_note), ("C’est prêt.\n\nEt bonne journée.", NOTE))

    def test_without_a_note_nobody_would_know_what_to_change(self) -> None:
        with self.assertRaises(EmptyNote):
            self.returned("  ")
        self.assertEqual(self.waiting(), 1)

    def test_whoever_has_left_cannot_have_it_back(self) -> None:
        User.objects.filter(pk=self.karim.pk).update(active=False)

        back = self.returned()

        self.assertEqual((back.author, back.state), (self.claire, DraftState.OPEN))

    def test_corrected_and_submitted_again_it_leaves(self) -> None:
        back = self.returned()
        self.draft = submit(
            self.saved(back, "C’est prêt à 9 h.", to=[LEA]), by=self.karim, version=self.version()
        )

        delivery = self.approved(self.nadia)

        assert delivery.message is not None
        self.assertEqual(delivery.message.text, "C’est prêt à 9 h.")
        self.assertEqual(delivery.message.released_by, self.nadia)


class TakingBack(ApprovalTestCase):
    def test_its_author_may_change_her_mind_before_a_pharmacist_sends(self) -> None:
        seen = get_submitted(self.claire, self.draft.pk)

        opened = take_back(self.draft, by=self.karim)

        self.assertEqual((opened.pk, opened.state), (self.draft.pk, DraftState.OPEN))
        self.assertEqual(self.waiting(), 0)
        with self.assertRaises(NotSubmitted):
            approve(seen, by=self.claire, idempotency_key=uuid4(), version=self.version())
        with self.assertRaises(NotSubmitted):
            send_back(seen, by=self.claire, note=NOTE)

    def test_it_is_nobody_elses_to_take(self) -> None:
        with self.assertRaises(NotSubmitted):
            take_back(self.draft, by=self.claire)
        self.approved()
        with self.assertRaises(NotSubmitted):
            take_back(self.draft, by=self.karim)


class Undoing(ApprovalTestCase):
    def test_what_was_approved_stands_before_the_pharmacists_again(self) -> None:
        attach = self.reply(self.conversation, "Avec le plan.", by=self.karim)
        attach_file(attach, by=self.karim, name="plan.txt", content=b"deux par jour")
        self.draft = submit(attach, by=self.karim, version=self.version())
        delivery = self.approved(text="Avec le plan de prise.")

        for by in (self.claire, self.karim):
            with self.subTest(by.sign_in_name):
                back = undo(delivery, by=by)

                assert back is not None
                self.assertEqual((back.state, back.author), (DraftState.SUBMITTED, self.karim))
                self.assertEqual(back.text, "Avec le plan de prise.")
                self.assertEqual([file.read_blob() for file in back.files.all()], [b"deux par jour"])
                self.assertFalse(Message.objects.filter(kind=MessageKind.SENT).exists())
                self.assertEqual(self.waiting(), 2)
                delivery = self.approved()

    def test_a_colleagues_message_taken_back_is_seen_by_all_and_not_put_in_her_drawer(self) -> None:
        delivery = self.send(self.reply(self.conversation, "Claire répond.", by=self.claire))

        back = undo(delivery, by=self.nadia)

        assert back is not None
        self.assertEqual((back.state, back.author), (DraftState.SUBMITTED, self.claire))
        self.assertEqual(get_submitted(self.nadia, back.pk).submitted_by, self.nadia)
        self.assertEqual(self.waiting(), 2)
        opened = take_back(back, by=self.claire)
        self.assertEqual((opened.state, opened.text), (DraftState.OPEN, "Claire répond."))

    def test_a_new_message_taken_back_is_there_without_its_conversation(self) -> None:
        delivery = self.send(self.letter())

        back = undo(delivery, by=self.nadia)

        assert back is not None
        self.assertEqual((back.conversation, back.state), (None, DraftState.SUBMITTED))
        self.assertEqual(Conversation.objects.count(), 1)
        self.assertEqual(self.waiting(), 2)

    def test_what_failed_is_rewritten_where_its_writer_finds_it(self) -> None:
        self.operator.faults.refuse_data = 1
        delivery = self.approved()
        self.wait(seconds=10)
        failed = self.after_work(delivery)

        back = rewrite(failed, by=self.claire)

        assert back is not None
        self.assertEqual((back.state, back.author), (DraftState.SUBMITTED, self.karim))
        self.assertEqual(self.waiting(), 1)


class Again(ApprovalTestCase):
    def test_a_second_key_after_an_undo_is_another_message(self) -> None:
        first = self.approved()
        undo(first, by=self.claire)

        second = self.approved()

        self.assertNotEqual(first.pk, second.pk)
        with self.assertRaises(NoSuchDraft):
            queue(self.draft, by=self.karim, idempotency_key=uuid4(), version=self.version())
