"""Tests of joining and splitting: never two correspondents in one, each thing in its half, and all of it undone."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import assign, mark_opened
from portal.conversations.bulk import UNDO_FOR
from portal.conversations.bulk_models import Batch
from portal.conversations.counters import counts
from portal.conversations.label_models import Colour
from portal.conversations.labels import create_label, put_label
from portal.conversations.models import Conversation, ConversationState, CounterKind, Message, MessageKind
from portal.conversations.notes import add_note
from portal.conversations.waiting import wait
from portal.handover.actions import sign
from portal.handover.gathering import gather
from portal.lib.ids import uuid7
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.models import Draft
from portal.prescriptions.actions import open_by_hand
from portal.prescriptions.models import Prescription
from portal.records import joining
from tests.inbound.letters import MARTIN, TOM, letter
from tests.web.inbox_case import InboxTestCase, fields_of, page

PHOTO = {"ordo.pdf": ("application/pdf", b"%PDF-1.4\n%%EOF\n")}
DOCTOR = f"Dr Martin <{MARTIN}>"
NUMBERS = (CounterKind.OPEN, CounterKind.UNOPENED, CounterKind.PRESCRIPTION, CounterKind.CONCERN)


def mails(conversation: Conversation) -> list[str]:
    found = Message.objects.filter(conversation=conversation, kind__in=("in", "out")).order_by("at", "id")
    return [each.headers["subject"] for each in found]


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


class Case(InboxTestCase):
    def numbers(self) -> dict[str, int]:
        found = counts(self.karim.pk)
        return {kind: found[kind] for kind in NUMBERS}

    def draft(self, conversation: Conversation, text: str) -> Draft:
        draft = start_reply(conversation, by=self.karim)
        said = {"recipients": draft.recipients, "subject": draft.subject, "text": text}
        return save_draft(draft, by=self.karim, version=draft.version, **said)

    def undo(self) -> Any:
        return self.as_karim.post(page("undo_joined", Batch.objects.latest("at").pk), follow=True)


class Joining(Case):
    def setUp(self) -> None:
        super().setUp()
        self.first = self.received(subject="Mon sirop")
        self.second = self.received(subject="Et ma crème", files=PHOTO)
        open_by_hand(self.second, by=self.karim, seen=0)

    def join(self, other: Conversation | None = None, into: Conversation | None = None, **posted: Any) -> Any:
        gone, kept = fresh(other or self.second), fresh(into or self.first)
        data = {"version": kept.version, "other": f"{gone.pk}.{gone.version}", **posted}
        return self.as_karim.post(page("join", kept.pk), data, follow=True)

    def test_all_of_the_one_is_in_the_other(self) -> None:
        self.draft(self.second, "Votre crème est prête.")
        add_note(self.second, note_id=uuid7(), text="Vu avec @Claire", by=self.karim)
        label = create_label("Urgent", colour=Colour.RED, by=self.karim)
        put_label(self.second, label, by=self.karim)
        assign(self.second, to=self.karim, by=self.karim, version=fresh(self.second).version)
        before = self.numbers()

        shown = self.join()

        kept = fresh(self.first)
        self.assertEqual(mails(kept), ["Mon sirop", "Et ma crème"])
        self.assertEqual((kept.message_count, kept.attachment_count), (2, 1))
        self.assertEqual((kept.assignees, kept.labels), ([self.karim.pk], [label.pk]))
        self.assertEqual(Draft.objects.get().conversation, kept)
        self.assertEqual(Prescription.objects.get().conversation, kept)
        self.assertEqual(self.numbers()[CounterKind.OPEN], before[CounterKind.OPEN] - 1)
        self.assertEqual(self.numbers()[CounterKind.PRESCRIPTION], before[CounterKind.PRESCRIPTION])
        self.assertEqual(counts(self.claire.pk)[CounterKind.CONCERN], 1)
        for words in (
            "Les deux échanges n’en font plus qu’un",
            "Karim a réuni ici un autre échange",
            "Votre crème est prête",
            "Vu avec @Claire",
        ):
            self.assertContains(shown, words)
        listed = self.as_claire.get(page("inbox_view", "a-traiter"))
        self.assertNotContains(listed, f"row-{self.second.pk}")
        self.assertContains(
            self.as_claire.post(page("search"), {"q": "crème"}, follow=True), f"row-{kept.pk}"
        )
        self.assertTrue(Entry.objects.filter(event=Event.CONVERSATION_MERGE, object_id=kept.pk).exists())

    def test_a_message_swallowed_into_anothers_conversation(self) -> None:
        """It cannot be: two correspondents are never made one, not even a patient and her doctor."""
        tom = self.received(f"Tom <{TOM}>", subject="Mon sirop")
        doctor = self.received(DOCTOR, subject="Mon sirop")
        self.assertEqual(len({self.first.pk, tom.pk, doctor.pk}), 3)  # nor by themselves, under one subject

        offered = self.as_karim.get(page("join", self.first.pk))

        self.assertContains(offered, f'name="other" value="{self.second.pk}.{self.second.version}"')
        for other in (tom, doctor):
            self.assertNotContains(offered, f'name="other" value="{other.pk}')
            answer = self.join(other)
            self.assertContains(answer, "pas avec le même correspondant", status_code=422)
            self.assertEqual((mails(self.first), mails(other)), (["Mon sirop"], ["Mon sirop"]))
        self.assertEqual(self.join(self.first).status_code, 422)
        self.assertFalse(Batch.objects.exists())

    def test_of_two_exchanges_with_a_doctor_one_says_that_they_are_about_the_same_patient(self) -> None:
        one, two = self.received(DOCTOR, subject="Mme A."), self.received(DOCTOR, subject="M. B.")

        self.assertContains(self.join(two, one), "Confirmez que les deux", status_code=422)
        self.assertEqual(mails(one), ["Mme A."])
        with mock.patch.object(joining, "_patients_in", side_effect=[{"1"}, {"2"}]):
            refused = self.join(two, one, sure="1")
        self.assertContains(refused, "désignent des patients différents", status_code=422)
        self.join(two, one, sure="1")
        self.assertEqual(mails(one), ["Mme A.", "M. B."])

    def test_taken_back_at_once_everything_is_as_before(self) -> None:
        for reader in (self.karim, self.claire):
            mark_opened(fresh(self.first), by=reader)
        self.draft(self.second, "Votre crème est prête.")
        add_note(self.second, note_id=uuid7(), text="Vu avec @Claire", by=self.karim)
        both, numbers = (self.first, self.second), self.numbers()
        states = [(each.state, each.unopened) for each in map(fresh, both)]
        row = 'class="row unread" id="row-{}"'
        self.join()
        self.assertContains(self.as_claire.get(page("inbox_view", "a-traiter")), row.format(self.first.pk))

        shown = self.undo()

        self.assertContains(shown, "Annulé")
        self.assertEqual((mails(self.first), mails(self.second)), (["Mon sirop"], ["Et ma crème"]))
        self.assertEqual(self.numbers(), numbers)
        self.assertEqual([(each.state, each.unopened) for each in map(fresh, both)], states)
        self.assertEqual(Draft.objects.get().conversation, self.second)
        self.assertEqual(Prescription.objects.get().conversation, self.second)
        listed = self.as_claire.get(page("inbox_view", "a-traiter"))
        self.assertNotContains(listed, row.format(self.first.pk))
        self.assertContains(listed, f'row unread untouched" id="row-{self.second.pk}"')
        self.assertContains(self.undo(), "trop tard", status_code=409)

    def test_a_stale_tab_is_led_to_where_it_went_and_loses_no_word(self) -> None:
        stale = self.as_karim.get(page("conversation", self.second.pk))
        fields = fields_of(stale)
        self.join()

        led = self.as_karim.get(page("conversation", self.second.pk), follow=True)
        self.assertRedirects(led, page("conversation", self.first.pk) + "?reuni=1")
        self.assertContains(led, "a été réuni avec celui-ci")
        saved = self.as_karim.post(
            page("draft_save", fields["draft"]), {**fields, "body": "Votre crème est prête."}
        )
        self.assertEqual(saved.status_code, 302)
        self.assertEqual(Draft.objects.get().conversation, fresh(self.first))
        ended = self.as_karim.post(page("finish", self.second.pk), {"version": fields["version"]})
        self.assertContains(ended, "réuni ici un autre échange", status_code=409)
        self.assertEqual(fresh(self.first).state, "open")
        self.as_karim.post(
            page("add_note", self.second.pk), {"note": uuid7(), "text": "Note du vieil onglet"}
        )
        self.assertContains(self.as_karim.get(page("conversation", self.first.pk)), "Note du vieil onglet")
        self.assertEqual(self.hugo().get(page("conversation", self.second.pk)).status_code, 404)

    def test_a_handover_that_was_signed_keeps_its_line_and_leads_to_where_it_went(self) -> None:
        held, now = fresh(self.second), timezone.now()
        wait(held, on=ConversationState.PATIENT, by=self.karim, version=held.version)
        shown = gather(self.karim, now=now).mark
        signed = sign(by=self.karim, word="", shown=shown, waiting=None, now=now)

        self.join()

        kept = self.as_claire.get(page("handover_kept", signed.pk))
        self.assertContains(kept, page("conversation", self.second.pk))

    def test_two_answers_of_one_person_become_one_that_says_both(self) -> None:
        self.draft(self.first, "Le sirop est prêt.")
        self.draft(self.second, "La crème aussi.")

        self.join()

        self.assertEqual(Draft.objects.get().text, "La crème aussi.\n\nLe sirop est prêt.")

    def test_who_had_read_both_has_read_it_and_nobody_else(self) -> None:
        for each in (self.first, self.second):
            mark_opened(fresh(each), by=self.karim)
        mark_opened(fresh(self.first), by=self.claire)

        self.join()

        row, todo = f'unread" id="row-{self.first.pk}"', page("inbox_view", "a-traiter")
        self.assertNotContains(self.as_karim.get(todo), row)
        self.assertContains(self.as_claire.get(todo), row)

    def test_taken_apart_days_later_what_answered_it_since_goes_with_it(self) -> None:
        self.join()
        about = Message.objects.get(conversation=self.first, attachments__isnull=False).headers["message_id"]
        self.receive(letter(subject="Merci", answers=f"<{about}>"), letter(subject="Mon sirop"))
        self.assertEqual(fresh(self.first).message_count, 4)
        Batch.objects.update(at=timezone.now() - UNDO_FOR)
        self.assertContains(self.undo(), "trop tard", status_code=409)
        self.assertContains(self.as_karim.get(page("join", self.first.pk)), "Séparer de nouveau")

        data = {"version": fresh(self.first).version, "part": self.second.pk}
        self.as_karim.post(page("join", self.first.pk), data)

        self.assertEqual(mails(self.first), ["Mon sirop", "Mon sirop"])
        self.assertEqual(mails(self.second), ["Et ma crème", "Merci"])
        again = self.as_karim.post(
            page("join", self.first.pk), {**data, "version": fresh(self.first).version}
        )
        self.assertContains(again, "déjà été séparé", status_code=422)

    def test_a_colleagues_move_stops_mine(self) -> None:
        seen, kept = fresh(self.second), fresh(self.first)
        assign(seen, to=self.claire, by=self.claire, version=seen.version)

        data = {"version": kept.version, "other": f"{seen.pk}.{seen.version}"}
        answer = self.as_karim.post(page("join", kept.pk), data)

        self.assertEqual((answer.status_code, mails(kept)), (409, ["Mon sirop"]))

    def test_no_table_that_names_a_conversation_is_forgotten(self) -> None:
        """Whoever adds one says here what becomes of it when two are joined or one is split."""
        carried = {"readmark", "message", "draft", "prescription", "concern", "conversation"}
        never_joined = {"request"}  # of the form, which is refused
        related = Conversation._meta.get_fields(include_hidden=True)
        named = {
            each.related_model._meta.model_name for each in related if each.one_to_many or each.one_to_one
        }
        self.assertEqual(named, carried | never_joined)


class Splitting(Case):
    """Tom, in copy of a doctor's letter, answers into the doctor's conversation; and what follows is about him."""

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(subject="Mon sirop")
        self.receive(letter(subject="Mon sirop", text="Et voici pour ma fille.", files=PHOTO))
        self.stray = Message.objects.filter(conversation=self.conversation, kind=MessageKind.RECEIVED).latest(
            "id"
        )
        self.receive(letter(subject="Mon sirop", text="Merci d’avance."))

    def split(self, message: Message | None = None, **posted: Any) -> Any:
        message = message or self.stray
        data = {"version": fresh(self.conversation).version, **posted}
        return self.as_karim.post(page("split", message.pk), data, follow=True)

    def texts(self, conversation: Conversation) -> list[str]:
        found = Message.objects.filter(conversation=conversation, kind__in=("in", "out", "note")).order_by(
            "at", "id"
        )
        return [each.text.strip() for each in found]

    def new(self) -> Conversation:
        return Conversation.objects.latest("created_at")

    def test_a_message_and_what_follows_have_a_conversation_of_their_own(self) -> None:
        papers, before = open_by_hand(self.conversation, by=self.karim, seen=0), self.numbers()
        add_note(self.conversation, note_id=uuid7(), text="@Claire, qui est sa fille ?", by=self.karim)
        draft = self.draft(self.conversation, "Quel âge a-t-elle ?")
        self.assertContains(
            self.as_karim.get(page("conversation", self.conversation.pk)), page("split", self.stray.pk)
        )
        self.assertContains(self.as_karim.get(page("split", self.stray.pk)), "avec 1 message et 1 note")

        shown = self.split()

        new = self.new()
        self.assertRedirects(shown, page("conversation", new.pk) + f"?lot={Batch.objects.get().pk}")
        self.assertEqual(len(self.texts(self.conversation)), 1)
        self.assertEqual(self.texts(new)[0], "Et voici pour ma fille.")
        self.assertEqual(len(self.texts(new)), 3)
        papers.refresh_from_db()
        draft.refresh_from_db()
        self.assertEqual((papers.conversation, draft.conversation), (new, new))
        self.assertEqual((fresh(self.conversation).attachment_count, new.attachment_count), (0, 1))
        self.assertEqual((fresh(self.conversation).prescriptions_open, new.prescriptions_open), (0, 1))
        self.assertEqual(self.numbers()[CounterKind.OPEN], before[CounterKind.OPEN] + 1)
        self.assertEqual(self.numbers()[CounterKind.PRESCRIPTION], before[CounterKind.PRESCRIPTION])
        self.as_claire.get(page("conversation", new.pk))
        self.assertEqual(counts(self.claire.pk)[CounterKind.CONCERN], 0)
        self.assertContains(
            self.as_karim.get(page("conversation", self.conversation.pk)), "Karim a séparé un message"
        )
        acts = Entry.objects.filter(event=Event.CONVERSATION_SPLIT, object_id=self.conversation.pk)
        self.assertEqual(acts.count(), 1)
        for conversation in (self.conversation, new):
            found = self.as_claire.post(page("search"), {"q": "fille"}, follow=True)
            self.assertEqual(f"row-{conversation.pk}" in found.content.decode(), conversation == new)

    def test_later_answers_go_with_the_half_that_holds_what_they_answer(self) -> None:
        self.split(alone="1")
        new = self.new()
        self.assertEqual((fresh(self.conversation).message_count, new.message_count), (2, 1))

        first = Message.objects.filter(conversation=self.conversation, kind=MessageKind.RECEIVED).earliest(
            "id"
        )
        for parent, half in ((self.stray, new), (first, self.conversation)):
            self.receive(letter(subject="Autre", answers=f"<{parent.headers['message_id']}>"))
            self.assertEqual(Message.objects.filter(kind="in").latest("id").conversation, half)

    def test_taken_back_at_once_it_is_whole_again_and_an_old_link_leads_there(self) -> None:
        mark_opened(fresh(self.conversation), by=self.claire)
        before, texts = self.numbers(), self.texts(self.conversation)
        self.split()
        new = self.new()

        self.assertContains(self.undo(), "Annulé")

        self.assertEqual((self.texts(self.conversation), self.texts(new)), (texts, []))
        self.assertEqual(self.numbers(), before)
        led = self.as_claire.get(page("conversation", new.pk))
        self.assertRedirects(led, page("conversation", self.conversation.pk) + "?reuni=1")
        row = f'unread" id="row-{self.conversation.pk}"'
        self.assertNotContains(self.as_claire.get(page("inbox_view", "a-traiter")), row)

    def test_who_wrote_the_message_is_whose_the_new_conversation_is(self) -> None:
        """A message swallowed into another's conversation is given back to its own sender, under her own name."""
        copied = self.received(DOCTOR, subject="Votre avis", Cc="Anne <anne@labo-test.mssante.fr>")
        first = Message.objects.get(conversation=copied)
        answer = letter(
            "Anne <anne@labo-test.mssante.fr>",
            subject="Autre patient",
            answers=f"<{first.headers['message_id']}>",
        )
        self.receive(answer)
        stray = Message.objects.filter(kind="in").latest("id")
        self.assertEqual(stray.conversation, copied)

        self.as_karim.post(page("split", stray.pk), {"version": fresh(copied).version})

        new = self.new()
        self.assertEqual(new.people[0]["address"], "anne@labo-test.mssante.fr")
        self.assertNotEqual(new.correspondent_fingerprint, copied.correspondent_fingerprint)
        self.assertEqual(fresh(copied).people[0]["address"], MARTIN)
        self.undo()
        self.assertEqual(fresh(copied).correspondent_fingerprint, copied.correspondent_fingerprint)
        self.assertEqual(fresh(copied).people[0]["address"], MARTIN)

    def test_words_typed_into_the_old_half_are_given_back_in_the_new_one(self) -> None:
        draft = self.draft(self.conversation, "Quel âge")
        fields = fields_of(self.as_karim.get(page("conversation", self.conversation.pk)))
        self.split()

        answer = self.as_karim.post(
            page("reply", self.conversation.pk), {**fields, "body": "Quel âge a-t-elle ?"}
        )

        self.assertContains(answer, "votre texte l’a suivi", status_code=409)
        self.assertContains(answer, "Quel âge a-t-elle ?", status_code=409)
        self.assertContains(answer, f'name="conversation" value="{self.new().pk}"', status_code=409)
        self.assertEqual(Draft.objects.get().pk, draft.pk)

    def test_not_all_of_it_nor_at_an_older_version_nor_by_a_student(self) -> None:
        first = Message.objects.filter(conversation=self.conversation, kind=MessageKind.RECEIVED).earliest(
            "id"
        )
        self.assertContains(self.split(first), "Rien ne resterait", status_code=422)
        self.assertEqual(self.split(version=1).status_code, 409)
        self.assertEqual(len(self.texts(self.conversation)), 3)
        self.assertEqual(self.hugo().get(page("split", first.pk)).status_code, 404)
