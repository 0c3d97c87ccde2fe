"""Tests that an answer leaves once, or comes back to its writer with everything typed and the reason why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone

from portal.conversations.actions import assign
from portal.conversations.models import Conversation, Message, MessageKind
from portal.documents.antivirus import EICAR
from portal.outbound.drafts import NoSuchDraft
from portal.outbound.models import (
    Delivery,
    DeliveryState,
    Draft,
    DraftFile,
    DraftState,
    Recipient,
    RecipientState,
)
from tests.documents.files import pdf
from tests.inbound.letters import LEA, letter
from tests.web.inbox_case import InboxTestCase, fields_of, only_file, page, queued, stored


class Composer(InboxTestCase):
    """Claire has opened Léa's conversation; `self.fields` is what her page posts."""

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()
        self.fields = self.opened()

    def opened(self) -> dict[str, str]:
        return fields_of(self.as_claire.get(page("conversation", self.conversation.pk)))

    def reply(self, body: str = "C’est prêt.", *, htmx: bool = False, **said: Any) -> Any:
        data = {**self.fields, "body": body, **said}
        url = page("reply", self.conversation.pk)
        return self.as_claire.htmx("post", url, data) if htmx else self.as_claire.post(url, data)

    def save(self, body: str, fields: dict[str, str] | None = None, **said: Any) -> Any:
        data = {**(fields or self.fields), "body": body, **said}
        return self.as_claire.htmx("post", page("draft_save", data["draft"]), data)


class Replies(Composer):
    def test_an_answer_goes_to_whoever_wrote(self) -> None:
        response = self.reply()

        self.assertRedirects(
            response, page("conversation", self.conversation.pk), fetch_redirect_response=False
        )
        (delivery,) = queued()
        self.assertEqual(delivery.recipients.get().address, LEA)
        self.assertEqual(delivery.message.text, "C’est prêt.")
        self.assertEqual(delivery.message.author, self.claire)

    def test_the_page_says_how_long_it_can_be_taken_back(self) -> None:
        response = self.reply(htmx=True)

        self.assertContains(response, "Part dans")
        self.assertContains(response, page("undo", queued()[0].pk))
        self.assertContains(response, f'hx-get="{page("delivery", queued()[0].pk)}"')

    def test_a_double_click_sends_once(self) -> None:
        self.reply()
        second = self.reply()

        self.assertEqual(second.status_code, 302)
        self.assertEqual(len(queued()), 1)

    def test_other_words_from_the_same_old_page_are_not_taken_for_a_double_click(self) -> None:
        self.reply("C’est prêt.")

        response = self.reply("Finalement non, pas avant demain.")

        self.assertContains(response, "Finalement non, pas avant demain.", status_code=409)
        self.assertContains(response, "déjà été envoyé ou jeté", status_code=409)
        self.assertEqual(len(queued()), 1)

    def test_sending_may_finish_too(self) -> None:
        self.reply(then="finish")

        self.assertEqual(Conversation.objects.get().state, "done")
        self.assertEqual(len(queued()), 1)

    def test_an_empty_answer_is_refused_in_words(self) -> None:
        response = self.reply("  ", htmx=True)

        self.assertContains(response, "Le message est vide.", status_code=422)
        self.assertEqual(queued(), [])

    def test_an_answer_is_held_when_a_colleague_moved(self) -> None:
        assign(self.conversation, to=self.nadia, by=self.nadia, version=self.conversation.version)

        response = self.reply("Mon texte.", htmx=True)

        self.assertContains(response, "Nadia a attribué la conversation", status_code=409)
        self.assertContains(response, "Mon texte.</textarea>", status_code=409)
        self.assertContains(response, "Envoyer quand même", status_code=409)
        self.assertEqual(queued(), [])

        self.fields = fields_of(response)
        self.assertEqual(self.reply("Mon texte.", anyway="1").status_code, 302)
        self.assertEqual(len(queued()), 1)

    def test_an_answer_is_held_when_the_patient_wrote_again(self) -> None:
        first = Message.objects.get()
        self.receive(letter(text="Je passe demain.", answers=f"<{first.headers['message_id']}>"))

        response = self.reply("À ce soir.")

        self.assertContains(response, "Léa Durand a écrit", status_code=409)
        self.assertContains(response, "Je passe demain.", status_code=409)
        self.assertContains(response, "À ce soir.</textarea>", status_code=409)

    def test_the_same_words_twice_within_minutes_ask_first(self) -> None:
        self.reply()
        self.fields = self.opened()

        held = self.reply()
        self.assertContains(held, "avez déjà envoyé ce même texte", status_code=409)
        self.assertNotContains(held, "pendant que vous écriviez", status_code=409)

        self.fields = fields_of(held)
        self.reply(anyway="1")
        self.assertEqual(len(queued()), 2)

    def test_hidden_fields_that_are_missing_make_it_no_form_of_ours(self) -> None:
        for missing in ("version", "draft", "draft_version"):
            fields = {name: value for name, value in self.fields.items() if name != missing}
            response = self.as_claire.post(page("reply", self.conversation.pk), {**fields, "body": "x"})
            self.assertEqual(response.status_code, 404, missing)

    def test_a_file_chosen_without_scripts_leaves_with_the_answer(self) -> None:
        self.reply(files=SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf"))

        sent = Message.objects.get(kind=MessageKind.SENT)
        self.assertEqual([file.name for file in sent.attachments.all()], ["notice.pdf"])


class Undoing(Composer):
    def test_what_is_taken_back_is_in_the_composer_again(self) -> None:
        self.reply("Trop vite.")

        response = self.as_claire.htmx("post", page("undo", queued()[0].pk), {"version": "2"})

        self.assertContains(response, "Trop vite.</textarea>")
        self.assertFalse(Message.objects.filter(kind=MessageKind.SENT).exists())
        self.assertEqual(queued()[0].state, DeliveryState.CANCELLED)

    def test_what_was_taken_back_can_be_sent_again_from_the_same_words(self) -> None:
        self.reply("Trop vite.")
        self.as_claire.post(page("undo", queued()[0].pk), {"version": "2"})
        self.fields = self.opened()

        self.assertEqual(self.reply("Trop vite.").status_code, 302)
        self.assertEqual([each.state for each in queued()], ["cancelled", "queued"])

    def test_even_from_the_page_as_it_was_before(self) -> None:
        self.reply("Trop vite.")
        self.as_claire.post(page("undo", queued()[0].pk), {"version": "2"})
        self.fields["version"] = str(Conversation.objects.get().version)

        self.assertEqual(self.reply("Trop vite.").status_code, 302)
        self.assertEqual([each.state for each in queued()], ["cancelled", "queued"])

    def test_it_is_too_late_once_it_is_leaving(self) -> None:
        self.reply()
        Delivery.objects.update(state=DeliveryState.HANDOVER)

        response = self.as_claire.htmx("post", page("undo", queued()[0].pk), {"version": "2"})

        self.assertContains(response, "Trop tard", status_code=409)

    def test_the_state_is_asked_for_until_nothing_moves(self) -> None:
        self.reply()
        url = page("delivery", queued()[0].pk)
        self.assertContains(self.as_claire.htmx("get", url), "every 3s")

        Delivery.objects.update(state=DeliveryState.SENT)
        Recipient.objects.update(state=RecipientState.ACCEPTED)

        response = self.as_claire.htmx("get", url)
        self.assertContains(response, "Accepté par l’opérateur")
        self.assertNotContains(response, "every 3s")


class Doubts(Composer):
    def setUp(self) -> None:
        super().setUp()
        self.reply()
        Delivery.objects.update(state=DeliveryState.UNCERTAIN)
        Recipient.objects.update(state=RecipientState.UNCERTAIN)
        Conversation.objects.update(failed=True)

    def test_a_doubt_is_shown_to_all_and_decided_by_a_pharmacist(self) -> None:
        url = page("conversation", self.conversation.pk)

        self.assertContains(self.as_karim.get(url), "À vérifier")
        self.assertNotContains(self.as_karim.get(url), "Il est bien arrivé")
        self.assertContains(self.browser(self.nadia).get(url), "Il est bien arrivé")
        post = self.as_karim.post(
            page("resolve_uncertain", queued()[0].pk), {"version": 2, "decision": "sent"}
        )
        self.assertEqual(post.status_code, 404)

    def test_saying_that_it_arrived_settles_it_once(self) -> None:
        nadia, url = self.browser(self.nadia), page("resolve_uncertain", queued()[0].pk)

        nadia.post(url, {"version": 2, "decision": "sent"})

        self.assertEqual(queued()[0].state, DeliveryState.SENT_CONFIRMED)
        self.assertFalse(Conversation.objects.get().failed)
        again = nadia.post(url, {"version": 2, "decision": "resend"})
        self.assertContains(again, "Ce n’est plus à décider", status_code=409)
        self.assertEqual(len(queued()), 1)

    def test_sending_again_is_a_new_delivery_that_the_message_shows(self) -> None:
        nadia = self.browser(self.nadia)

        nadia.post(page("resolve_uncertain", queued()[0].pk), {"version": 2, "decision": "resend"})

        self.assertEqual([each.state for each in queued()], ["resent", "queued"])
        self.assertNotContains(nadia.get(page("conversation", self.conversation.pk)), "Il est bien arrivé")


class Failures(Composer):
    def test_the_words_of_what_failed_are_taken_up_again(self) -> None:
        self.reply("Votre ordonnance est prête.")
        Delivery.objects.update(state=DeliveryState.FAILED)
        Recipient.objects.update(state=RecipientState.FAILED, code="550 5.1.1")
        Conversation.objects.update(failed=True)

        opened = self.as_claire.get(page("conversation", self.conversation.pk))
        self.assertContains(opened, "Non remis\N{NO-BREAK SPACE}: boîte inconnue")
        self.assertNotContains(opened, "n’est pas arrivé à tous ses destinataires")
        self.assertContains(self.as_claire.get(page("inbox_view", "envoyes")), "Échec d’envoi")

        response = self.as_claire.htmx("post", page("rewrite", queued()[0].pk))
        self.assertContains(response, "Votre ordonnance est prête.</textarea>")

    def test_a_failure_further_up_is_told_on_top(self) -> None:
        self.reply("Votre ordonnance est prête.")
        Delivery.objects.update(state=DeliveryState.FAILED)
        Recipient.objects.update(state=RecipientState.FAILED, code="550 5.1.1")
        Conversation.objects.update(failed=True)
        first = Message.objects.get(kind=MessageKind.RECEIVED)
        now = timezone.now() + timedelta(minutes=1)
        with patch("portal.inbound.process._arrived_at", return_value=now):
            self.receive(letter(text="Alors ?", answers=f"<{first.headers['message_id']}>"))

        opened = self.as_claire.get(page("conversation", self.conversation.pk))

        self.assertContains(opened, "n’est pas arrivé à tous ses destinataires")


class Drafts(Composer):
    def test_opening_a_conversation_begins_no_draft(self) -> None:
        self.assertFalse(Draft.objects.exists())

    def test_what_is_typed_is_kept_and_found_again(self) -> None:
        response = self.save("Bonjour, votre")

        self.assertContains(response, "Brouillon enregistré")
        self.assertEqual(stored(self.fields["draft"]).text, "Bonjour, votre")
        self.assertContains(
            self.as_claire.get(page("conversation", self.conversation.pk)), "Bonjour, votre</textarea>"
        )
        self.assertContains(self.as_claire.get(page("inbox_view", "a-traiter")), "Brouillon</span>")

    def test_the_next_save_goes_on_from_the_first(self) -> None:
        for words in ("Bon", "Bonjour", "Bonsoir"):
            version = self.save(words).context["draft"].version
            self.fields["draft_version"] = str(version)

        self.assertEqual(Draft.objects.get().text, "Bonsoir")

    def test_a_second_tab_does_not_write_over_the_first(self) -> None:
        other = self.opened()
        self.save("Du premier onglet.")

        response = self.save("Du second.", other)

        self.assertContains(response, "Vous avez enregistré un autre texte", status_code=409)
        self.assertEqual(Draft.objects.get().text, "Du premier onglet.")

    def test_sending_from_the_second_tab_shows_both_texts(self) -> None:
        other = self.opened()
        self.save("Du premier onglet.")
        self.fields = other

        response = self.reply("Du second.")

        self.assertContains(response, "Du second.", status_code=409)
        self.assertContains(response, "Du premier onglet.", status_code=409)
        self.assertEqual(queued(), [])

    def test_a_tab_that_saves_while_the_other_one_sends_stops_it(self) -> None:
        """Looking at files takes time: between the words that were kept and those that leave, there is some."""

        def save_elsewhere(draft: Draft, *_: Any, **__: Any) -> None:
            self.save("De l’autre onglet.", {**self.fields, "draft_version": str(draft.version)})

        with patch("portal.web.inbox.saving.attach", save_elsewhere):
            response = self.reply("De cet onglet.")

        self.assertContains(response, "De cet onglet.", status_code=409)
        self.assertContains(response, "De l’autre onglet.", status_code=409)
        self.assertEqual(queued(), [])

    def test_a_save_whose_answer_got_lost_is_not_a_conflict(self) -> None:
        first = self.save("Bonjour").context["draft"].version
        self.fields["draft_version"] = str(first)
        self.save("Bonjour, votre ordonnance")

        response = self.save("Bonjour, votre ordonnance est prête.")

        self.assertEqual(response.status_code, 200)
        self.assertEqual(Draft.objects.get().text, "Bonjour, votre ordonnance est prête.")

    def test_without_scripts_saving_leads_back_to_the_conversation(self) -> None:
        data = {**self.fields, "body": "Bonjour"}
        response = self.as_claire.post(page("draft_save", data["draft"]), data)

        self.assertRedirects(
            response, page("conversation", self.conversation.pk), fetch_redirect_response=False
        )

    def test_a_draft_of_one_is_not_written_by_another(self) -> None:
        self.save("De Claire.")
        nadia = self.browser(self.nadia)

        data = {**self.fields, "draft_version": "1", "body": "De Nadia."}
        response = nadia.htmx("post", page("draft_save", data["draft"]), data)

        self.assertEqual(response.status_code, 409)
        self.assertEqual(Draft.objects.get().text, "De Claire.")

    def test_a_draft_saved_after_it_was_sent_does_not_come_back_to_life(self) -> None:
        self.save("C’est prêt.")
        self.fields["draft_version"] = str(Draft.objects.get().version)
        self.reply("C’est prêt.")

        response = self.save("C’est prêt. Vraiment.")

        self.assertEqual(response.status_code, 409)
        self.assertEqual([draft.state for draft in Draft.objects.all()], [DraftState.SENT])


class Attaching(Composer):
    def attach(self, *files: SimpleUploadedFile, htmx: bool = True, body: str = "Voici.") -> Any:
        data = {**self.fields, "body": body, "files": list(files)}
        url = page("draft_attach", self.fields["draft"])
        return self.as_claire.htmx("post", url, data) if htmx else self.as_claire.post(url, data)

    def test_a_file_is_joined_and_the_words_are_kept_on_the_way(self) -> None:
        response = self.attach(SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf"))

        self.assertContains(response, "notice.pdf")
        self.assertContains(response, 'id="draft-version"')
        self.assertEqual(Draft.objects.get().text, "Voici.")

    def test_a_file_is_taken_off_again(self) -> None:
        self.attach(SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf"))
        draft = Draft.objects.get()

        response = self.as_claire.htmx(
            "post", page("draft_detach", draft.pk, draft.files.get().pk), self.fields
        )

        self.assertNotContains(response, "notice.pdf")
        self.assertFalse(draft.files.exists())

    @override_settings(MAX_MESSAGE_BYTES=50_000)
    def test_a_file_too_big_is_refused_beside_the_field(self) -> None:
        response = self.attach(SimpleUploadedFile("film.mp4", b"x" * 60_000))

        self.assertContains(response, "Trop gros", status_code=422)
        self.assertContains(response, 'id="draft-files"', status_code=422)
        self.assertEqual(Draft.objects.get().text, "Voici.")

    @override_settings(MAX_MESSAGE_BYTES=100_000)
    def test_files_too_big_together_are_not_attached_cut_short(self) -> None:
        files = [SimpleUploadedFile(name, b"x" * 60_000) for name in ("un.bin", "deux.bin")]

        response = self.attach(*files)

        self.assertContains(response, "Trop gros", status_code=422)
        self.assertEqual([file.size for file in DraftFile.objects.all()], [60_000])

    def test_a_double_click_joins_a_file_once(self) -> None:
        for _ in range(2):
            self.attach(SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf"), htmx=False)

        self.assertEqual([file.name for file in DraftFile.objects.all()], ["notice.pdf"])

    def test_a_second_click_while_the_first_one_sends_joins_nothing_twice(self) -> None:
        """The first click has joined its file and not yet sent: the second one comes in between."""
        typed = {"files": SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf")}
        with patch("portal.web.inbox.saving.queue", side_effect=NoSuchDraft):
            self.reply("Voici.", **typed)

        self.reply("Voici.", files=SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf"))

        sent = Message.objects.get(kind=MessageKind.SENT)
        self.assertEqual([file.name for file in sent.attachments.all()], ["notice.pdf"])

    def test_two_files_of_one_name_are_two(self) -> None:
        files = [SimpleUploadedFile("photo.jpg", b"x" * n) for n in (10, 11)]

        self.attach(*files)

        self.assertEqual(DraftFile.objects.count(), 2)

    def test_no_uploaded_file_touches_the_disk(self) -> None:
        with patch("tempfile.NamedTemporaryFile", side_effect=AssertionError):
            self.attach(SimpleUploadedFile("grand.bin", b"x" * 4_000_000))

        self.assertEqual(DraftFile.objects.get().size, 4_000_000)

    def test_a_virus_does_not_leave(self) -> None:
        response = self.attach(SimpleUploadedFile("a.txt", EICAR), htmx=False)

        self.assertContains(response, "trouvé un virus", status_code=422)
        self.assertContains(response, "Voici.</textarea>", status_code=422)

    def test_what_was_sent_can_be_looked_at_again(self) -> None:
        self.attach(SimpleUploadedFile("notice.pdf", pdf(2), "application/pdf"))
        self.fields["draft_version"] = str(Draft.objects.get().version)
        self.reply("Voici.")

        piece = self.as_claire.htmx("get", page("attachment", only_file(self.conversation).pk))

        self.assertEqual(len(piece.context["file"].page_urls), 2)
