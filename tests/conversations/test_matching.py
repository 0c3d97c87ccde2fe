"""Tests of which conversation a mail joins: never somebody else's."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from portal.conversations.actions import finish
from portal.conversations.matching import MOST_CANDIDATES, Parent, nearest
from portal.conversations.models import Conversation, Message
from portal.mailboxes.models import Mailbox
from tests.base import PharmacyTestCase
from tests.conversations.mails import days, received, sent
from tests.inbound.letters import LEA, MARTIN
from tests.mailboxes.boxes import open_box

DOCTOR = f"Dr Martin <{MARTIN}>"
STRANGER = "Inconnu <inconnu@hopital-test.mssante.fr>"


class Matching(PharmacyTestCase):
    box: Mailbox

    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()

    def assert_together(self, *messages: Message) -> None:
        self.assertEqual(len({message.conversation_id for message in messages}), 1)

    def assert_apart(self, *messages: Message) -> None:
        self.assertEqual(len({message.conversation_id for message in messages}), len(messages))

    def test_an_answer_joins_what_it_answers_whatever_its_subject(self) -> None:
        first = received(self.box, message_id="<a@x>")
        ours = sent(first.conversation, self.box, self.nadia, LEA, message_id="b@soleil")

        answer = received(self.box, subject="Tout autre chose", answers="<b@soleil>")

        self.assert_together(first, ours, answer)

    def test_the_nearest_parent_counts(self) -> None:
        old = received(self.box, subject="Un", message_id="<a@x>")
        near = received(self.box, subject="Deux", message_id="<b@x>")

        answer = received(self.box, subject="Trois", answers="<b@x>", References="<a@x> <b@x>")

        self.assert_together(near, answer)
        self.assert_apart(old, answer)

    def test_a_stranger_who_names_a_message_does_not_get_into_its_conversation(self) -> None:
        first = received(self.box, message_id="<a@x>")

        intruder = received(self.box, STRANGER, subject="Re: Mon ordonnance", answers="<a@x>")

        self.assert_apart(first, intruder)

    def test_whoever_was_written_to_takes_part(self) -> None:
        first = received(self.box, DOCTOR, subject="Bilan", Cc=STRANGER)

        answer = received(self.box, STRANGER, subject="Autre", answers=f"<{self.id_of(first)}>")

        self.assert_together(first, answer)

    def test_a_forged_message_id_draws_nobody_away(self) -> None:
        """A stranger sends a mail under the Message-ID of ours, with the doctor in copy: the answer stays ours."""
        ours = sent(None, self.box, self.nadia, MARTIN, message_id="vrai@soleil", subject="Renouvellement")
        received(self.box, STRANGER, subject="Piège", message_id="<vrai@soleil>", Cc=DOCTOR)

        answer = received(self.box, DOCTOR, subject="Oui", answers="<vrai@soleil>")

        self.assert_together(ours, answer)

    def test_a_message_id_seen_before_suppresses_nothing(self) -> None:
        for text in ("Un", "Deux"):
            received(self.box, DOCTOR, text=text, message_id="<meme@x>")

        self.assertEqual(Message.objects.count(), 2)

    def test_one_correspondent_and_one_subject_make_one_conversation(self) -> None:
        first = received(self.box, subject="Mon ordonnance")

        again = received(self.box, subject="RE: mon  Ordonnance")

        self.assert_together(first, again)

    def test_two_correspondents_are_never_joined_by_a_subject(self) -> None:
        self.assert_apart(
            received(self.box, subject="Ordonnance"), received(self.box, DOCTOR, subject="Ordonnance")
        )

    def test_an_empty_subject_joins_nothing(self) -> None:
        self.assert_apart(received(self.box, DOCTOR, subject="Re:"), received(self.box, DOCTOR, subject=""))

    def test_an_old_conversation_is_not_joined_by_its_subject(self) -> None:
        old = received(self.box, at=timezone.now() - days(121))
        recent = received(self.box, at=timezone.now() - days(59))

        self.assert_apart(old, recent)
        self.assert_together(recent, received(self.box))

    def test_a_done_conversation_is_open_again(self) -> None:
        first = received(self.box)
        finish(first.conversation, by=self.nadia, version=1)

        received(self.box)

        self.assertEqual([c.state for c in Conversation.objects.all()], ["open"])

    def test_a_conversation_of_another_mailbox_is_not_joined(self) -> None:
        other = open_box("une-autre@officine-test.mssante.fr")
        first = received(self.box, message_id="<a@x>")

        self.assert_apart(first, received(other, answers="<a@x>"))

    def test_a_flood_of_the_same_message_id_does_not_hide_the_true_one(self) -> None:
        first = received(self.box, DOCTOR, subject="Vrai", message_id="<a@x>")
        flood = received(self.box, STRANGER, subject="Faux", message_id="<b@x>")
        copies = [
            Message(
                conversation=flood.conversation,
                kind="in",
                at=timezone.now(),
                message_id_fingerprint=first.message_id_fingerprint,
            )
            for _ in range(MOST_CANDIDATES + 5)
        ]
        Message.objects.bulk_create(copies)

        self.assert_together(first, received(self.box, DOCTOR, subject="Suite", answers="<a@x>"))

    def id_of(self, message: Message) -> str:
        return str(message.headers["message_id"])


class Nearest(PharmacyTestCase):
    def test_only_conversations_with_the_sender_count(self) -> None:
        mine, other = uuid4(), uuid4()
        me, someone = [{"label": "", "address": "Moi@x.fr"}], [{"label": "", "address": "lui@x.fr"}]

        found = nearest(
            ["near", "far"], [Parent("near", other, someone), Parent("far", mine, me)], "Moi@x.fr".lower()
        )

        self.assertEqual(found, mine)
        self.assertIsNone(nearest(["near"], [Parent("near", other, someone)], "moi@x.fr"))
