"""Eight seconds to think again: nothing typed is lost, nothing unsent is shown as sent."""

from __future__ import annotations

from uuid import uuid4

from portal.conversations.models import Conversation, Message
from portal.outbound.actions import TooLate, queue, rewrite, undo
from portal.outbound.deliver import deliver_due
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.files import attach_file
from portal.outbound.models import Delivery, DeliveryState, Draft, DraftState
from sandbox.people import DOCTOR
from tests.outbound.stage import COLLEAGUE, OutboundTestCase


class TakingBack(OutboundTestCase):
    def test_an_undone_reply_is_a_draft_again_with_its_files(self) -> None:
        conversation = self.received()
        draft = self.reply(conversation, "Trop vite")
        attach_file(draft, by=self.claire, name="plan.txt", content=b"deux par jour")
        delivery = self.send(draft)

        back = undo(delivery, by=self.claire)

        assert back is not None
        self.assertEqual((back.pk, back.state, back.text), (draft.pk, DraftState.OPEN, "Trop vite"))
        self.assertEqual([file.read_blob() for file in back.files.all()], [b"deux par jour"])
        delivery.refresh_from_db()
        self.assertEqual((delivery.state, self.states(delivery)), (DeliveryState.CANCELLED, ["cancelled"]))

    def test_the_conversation_shows_nothing_that_was_not_sent(self) -> None:
        conversation = self.received(text="Avez-vous reçu ?")
        before = Conversation.objects.get(pk=conversation.pk)

        undo(self.send(self.reply(conversation, "Non envoyé")), by=self.claire)

        after = Conversation.objects.get(pk=conversation.pk)
        for name in ("snippet", "last_message_at", "last_sent_at", "message_count", "attachment_count"):
            self.assertEqual(getattr(after, name), getattr(before, name), name)
        self.assertEqual(Message.objects.filter(conversation=conversation).count(), 1)
        self.assertGreater(after.version, before.version)

    def test_a_new_conversation_goes_with_its_only_message(self) -> None:
        draft = self.letter()

        undo(self.send(draft), by=self.claire)

        self.assertFalse(Conversation.objects.exists())
        self.wait(seconds=20)
        deliver_due()
        self.assertEqual(self.arrived(), [])

    def test_it_can_be_sent_again_after_all(self) -> None:
        draft = self.letter()
        back = undo(self.send(draft), by=self.claire)
        assert back is not None

        delivery = self.send(back)
        self.wait(seconds=10)

        self.assertEqual(self.after_work(delivery).state, DeliveryState.SENT)
        self.assertEqual(self.arrived(), [DOCTOR])

    def test_a_late_second_click_does_not_send_what_was_undone(self) -> None:
        draft, key = self.letter(), uuid4()
        undo(queue(draft, by=self.claire, idempotency_key=key, version=None), by=self.claire)

        again = queue(draft, by=self.claire, idempotency_key=key, version=None)

        self.assertEqual(again.state, DeliveryState.CANCELLED)
        self.assertEqual(Delivery.objects.count(), 1)

    def test_words_typed_since_are_kept_beside_the_undone_ones(self) -> None:
        conversation = self.received()
        delivery = self.send(self.reply(conversation, "Premier"))
        newer = start_reply(conversation, by=self.claire)
        save_draft(newer, by=self.claire, version=1, recipients=[COLLEAGUE], subject="", text="Second")

        back = undo(delivery, by=self.claire)

        assert back is not None
        self.assertEqual(back.text, "Premier\n\nSecond")
        self.assertEqual(back.recipients, [DOCTOR, COLLEAGUE])
        self.assertEqual(Draft.objects.get(), back)

    def test_it_is_too_late_once_it_is_leaving(self) -> None:
        delivery = self.send_now()

        with self.assertRaises(TooLate):
            undo(delivery, by=self.claire)

    def test_a_waiting_retry_can_be_taken_back_for_whom_it_did_not_reach(self) -> None:
        self.operator.faults.greylist = 1
        delivery = self.send_now(DOCTOR, COLLEAGUE)

        back = undo(delivery, by=self.claire)

        assert back is not None
        self.assertEqual(back.recipients, [DOCTOR])
        self.assertEqual(self.states(delivery), ["cancelled", "accepted"])
        self.assertEqual(Message.objects.count(), 1)

    def test_a_failed_message_can_be_written_again_from_its_words(self) -> None:
        self.operator.faults.refuse_data = 1
        delivery = self.send_now(text="À corriger")

        back = rewrite(delivery, by=self.claire)

        assert back is not None
        self.assertEqual((back.text, back.state), ("À corriger", DraftState.OPEN))
        self.assertIsNone(rewrite(delivery, by=self.claire))
