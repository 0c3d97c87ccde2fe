"""Tests that a préparateur's template leaves alone when it is nothing but the approved words, and never otherwise."""

from __future__ import annotations

from uuid import uuid4

from portal.conversations.models import Conversation
from portal.lib.ids import uuid7
from portal.outbound import approval
from portal.outbound.actions import queue, undo
from portal.outbound.drafts import StaleDraft, save_draft, start_reply
from portal.outbound.files import attach_file
from portal.outbound.models import Delivery, Draft, DraftState, ReplyTemplate
from portal.outbound.templates import (
    NotAPharmacist,
    StaleTemplate,
    approve_templates,
    delete_template,
    save_template,
    templates_for,
)
from portal.outbound.templating import NeedsPharmacist, Unfilled, given_name, save_filled, write_freely
from portal.patients.models import Patient
from sandbox.people import DOCTOR
from sandbox.people import PATIENT as LEA
from tests.outbound.stage import OutboundTestCase

WORDS = "Bonjour,\n\nVotre commande est prête à partir de {heure}.\n\nVotre pharmacie"
READY = "Bonjour,\n\nVotre commande est prête à partir de 9\N{NO-BREAK SPACE}h.\n\nVotre pharmacie"


class TemplateTestCase(OutboundTestCase):
    """Claire approved one template, and Léa wrote."""

    def setUp(self) -> None:
        super().setUp()
        ReplyTemplate.objects.all().delete()
        self.template = save_template(uuid7(), name="Prêt", text=WORDS, version=0, by=self.claire)
        self.conversation = self.received(LEA, subject="Mon sirop")

    def filled(self, heure: str = "9:00", conversation: Conversation | None = None) -> Draft:
        """Karim's answer with the template."""
        draft = start_reply(conversation or self.conversation, by=self.karim)
        return save_filled(
            draft, by=self.karim, version=draft.version, template=self.template, values={"heure": heure}
        )

    def assert_needs_a_pharmacist(self, draft: Draft) -> None:
        with self.assertRaises(NeedsPharmacist):
            self.send(Draft.objects.get(pk=draft.pk))
        self.assertFalse(Delivery.objects.exists())


class WhatLeavesAlone(TemplateTestCase):
    def test_approved_words_to_the_patient_who_wrote(self) -> None:
        delivery = self.send(self.filled())

        self.assertEqual(delivery.recipients.get().address, LEA)
        assert delivery.message is not None
        self.assertEqual((delivery.message.text, delivery.message.author), (READY, self.karim))
        self.assertIsNone(delivery.message.released_by)

    def test_undone_it_is_the_template_again(self) -> None:
        back = undo(self.send(self.filled()), by=self.karim)

        assert back is not None
        self.assertEqual((back.template, back.state), (self.template, DraftState.OPEN))


class WhatDoesNot(TemplateTestCase):
    def test_one_word_more(self) -> None:
        draft = self.filled()

        draft = self.saved(draft, READY + "\nPrenez-en deux.", to=draft.recipients)

        self.assert_needs_a_pharmacist(draft)

    def test_the_same_words_typed_by_hand(self) -> None:
        self.assert_needs_a_pharmacist(self.reply(self.conversation, READY, by=self.karim))

    def test_a_blank_that_is_not_filled(self) -> None:
        with self.assertRaises(Unfilled):
            self.send(self.filled(""))

    def test_a_file_beside_it(self) -> None:
        draft = self.filled()
        attach_file(draft, by=self.karim, name="posologie.txt", content=b"deux par jour")

        self.assert_needs_a_pharmacist(draft)

    def test_another_subject_or_another_recipient(self) -> None:
        """What a browser could post without a page of ours: the row is judged, not the form."""
        for change in ({"subject": "Arrêtez tout"}, {"recipients": [f"Rappelez-moi <{LEA}>"]}):
            with self.subTest(change):
                draft = self.filled()
                for name, value in change.items():
                    setattr(draft, name, value)
                draft.save(update_fields=list(change))
                self.assert_needs_a_pharmacist(draft)
                Draft.objects.filter(pk=draft.pk).delete()

    def test_anything_to_a_professional(self) -> None:
        self.assert_needs_a_pharmacist(self.filled(conversation=self.received(DOCTOR)))

    def test_a_template_that_nobody_approved(self) -> None:
        changed = save_template(self.template.pk, name="Prêt", text=WORDS, version=1, by=self.karim)
        self.assertIsNone(changed.approved_at)
        self.template = changed

        self.assert_needs_a_pharmacist(self.filled())

    def test_a_template_whose_words_changed_meanwhile(self) -> None:
        draft = self.filled()
        save_template(self.template.pk, name="Prêt", text=WORDS + " !", version=1, by=self.claire)

        self.assert_needs_a_pharmacist(draft)

    def test_a_template_that_is_gone(self) -> None:
        draft = self.filled()
        delete_template(self.template.pk, version=1, by=self.nadia)

        draft.refresh_from_db()
        self.assertEqual(draft.text, READY)
        self.assert_needs_a_pharmacist(draft)

    def test_a_pharmacist_sends_all_of_this(self) -> None:
        draft = self.reply(self.conversation, "Libre.", by=self.claire)
        attach_file(draft, by=self.claire, name="posologie.txt", content=b"deux par jour")

        self.assertTrue(self.send(draft))


class FreeWordsBeside(TemplateTestCase):
    def test_free_words_are_put_aside_and_found_again(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)

        draft = self.filled()
        self.assertEqual(draft.text, READY)
        free = write_freely(draft, by=self.karim, version=draft.version)

        self.assertEqual((free.text, free.template), (f"Je vous écris demain.\n\n{READY}", None))

    def test_they_are_a_draft_again_once_the_template_has_left(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)

        delivery = self.send(self.filled())
        self.wait(seconds=10)
        self.after_work(delivery)

        kept = self.open_one()
        self.assertEqual((kept.text, kept.recipients, kept.template), ("Je vous écris demain.", [LEA], None))

    def test_taken_back_the_template_stands_before_them_again(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)

        undo(self.send(self.filled()), by=self.karim)

        kept = Draft.objects.get()
        self.assertEqual((kept.template, kept.aside), (self.template, "Je vous écris demain."))
        self.assertTrue(self.send(kept))

    def test_taken_back_after_more_was_written_nothing_is_there_twice(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)
        delivery = self.send(self.filled())
        self.saved(self.open_one(), "Je vous écris demain. Sans faute.", to=[LEA])

        undo(delivery, by=self.karim)

        self.assertEqual(Draft.objects.get().text, f"{READY}\n\nJe vous écris demain. Sans faute.")

    def test_the_template_is_deleted_and_they_stand_where_they_are_seen(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)
        seen = self.filled()

        delete_template(self.template.pk, version=1, by=self.nadia)

        kept = self.open_one()
        self.assertEqual((kept.text, kept.aside), (f"Je vous écris demain.\n\n{READY}", None))
        with self.assertRaises(StaleDraft):
            self.saved(seen, "Autre chose.", to=[LEA])

    def test_free_words_over_a_template_and_then_a_template_again(self) -> None:
        self.reply(self.conversation, "Premiers mots.", by=self.karim)
        self.saved(self.filled(), "Seconds mots.", to=[LEA])

        free = self.filled()

        self.assertEqual(free.aside, "Premiers mots.\n\nSeconds mots.")

    def test_a_pharmacist_corrects_what_was_submitted_and_they_do_not_leave(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)
        waiting = approval.submit(self.filled(), by=self.karim, version=None)
        self.reply(self.conversation, "Et ceci.", by=self.karim)

        delivery = approval.approve(
            waiting,
            by=self.claire,
            idempotency_key=uuid4(),
            version=Conversation.objects.get().version,
            text="Tout est prêt.",
        )

        assert delivery.message is not None
        self.assertEqual(delivery.message.text, "Tout est prêt.")
        self.assertEqual(self.open_one().text, "Je vous écris demain.\n\nEt ceci.")

    def test_the_template_is_deleted_while_its_answer_waits_and_they_come_back_with_it(self) -> None:
        self.reply(self.conversation, "Je vous écris demain.", by=self.karim)
        waiting = approval.submit(self.filled(), by=self.karim, version=None)
        delete_template(self.template.pk, version=1, by=self.nadia)

        approval.take_back(waiting, by=self.karim)

        self.assertEqual(self.open_one().text, f"Je vous écris demain.\n\n{READY}")

    def open_one(self) -> Draft:
        """What Karim finds in the conversation."""
        return Draft.objects.get(author=self.karim, state=DraftState.OPEN)

    def test_another_tab_does_not_lose_words_to_a_template(self) -> None:
        draft = start_reply(self.conversation, by=self.karim)
        save_draft(draft, by=self.karim, version=1, recipients=[LEA], subject="", text="Plus récent")

        with self.assertRaises(StaleDraft):
            save_filled(draft, by=self.karim, version=1, template=self.template, values={})


class Keeping(OutboundTestCase):
    def setUp(self) -> None:
        super().setUp()
        ReplyTemplate.objects.all().delete()

    def test_a_preparateur_is_offered_what_was_approved_and_a_pharmacist_everything(self) -> None:
        approved = save_template(uuid7(), name="Prêt", text=WORDS, version=0, by=self.claire)
        proposed = save_template(uuid7(), name="Rupture", text=WORDS, version=0, by=self.karim)

        self.assertEqual(templates_for(self.karim), [approved])
        self.assertEqual(templates_for(self.claire), [approved, proposed])

    def test_approving_says_yes_to_the_words_that_were_read(self) -> None:
        proposed = save_template(uuid7(), name="Rupture", text=WORDS, version=0, by=self.karim)
        seen = [(proposed.pk, proposed.version)]
        save_template(proposed.pk, name="Rupture", text="Tout autre chose", version=1, by=self.karim)

        with self.assertRaises(StaleTemplate):
            approve_templates(seen, by=self.claire)
        with self.assertRaises(NotAPharmacist):
            approve_templates([(proposed.pk, 2)], by=self.karim)
        self.assertFalse(ReplyTemplate.objects.filter(approved_at__isnull=False).exists())

        approve_templates([(proposed.pk, 2)], by=self.claire)
        self.assertEqual(ReplyTemplate.objects.get().approved_by, self.claire)

    def test_two_who_change_one_template_do_not_lose_each_others_words(self) -> None:
        kept = save_template(uuid7(), name="Prêt", text=WORDS, version=0, by=self.claire)
        save_template(kept.pk, name="Prêt", text="Neuf", version=1, by=self.claire)

        for act in (
            lambda: save_template(kept.pk, name="Prêt", text="Vieux", version=1, by=self.nadia),
            lambda: delete_template(kept.pk, version=1, by=self.nadia),
        ):
            with self.assertRaises(StaleTemplate):
                act()
        self.assertEqual(ReplyTemplate.objects.get().text, "Neuf")


class Keys(TemplateTestCase):
    def test_a_double_click_sends_once(self) -> None:
        draft, key = self.filled(), uuid4()
        version = Conversation.objects.get(pk=self.conversation.pk).version

        first = queue(draft, by=self.karim, idempotency_key=key, version=version)
        second = queue(draft, by=self.karim, idempotency_key=key, version=version)

        self.assertEqual(first, second)


class Names(OutboundTestCase):
    def test_the_first_name_is_taken_where_it_is_surely_one(self) -> None:
        for label, name in (
            ("Léa DURAND", "Léa"),
            ("Jean-Marc Petit", "Jean-Marc"),
            ("DURAND Léa", ""),
            ("Mme Durand", ""),
            ("Durand", ""),
            ("", ""),
        ):
            with self.subTest(label):
                patient = Patient(display_name=label)
                self.assertEqual(given_name(Conversation(patient=patient)), name)
        named = Patient(display_name="DURAND Léa", first_names="Léa Marie")
        self.assertEqual(given_name(Conversation(patient=named)), "Léa")
