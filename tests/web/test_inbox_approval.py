"""Tests that Karim's answer goes through a pharmacist's hands on screen, and that nothing typed is lost on the way."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from portal.conversations.models import Conversation, Message
from portal.lib.ids import uuid7
from portal.outbound.models import Draft, DraftState, ReplyTemplate
from portal.outbound.templates import save_template
from tests.browsing import Browser
from tests.documents.files import pdf
from tests.inbound.letters import LEA, letter
from tests.outbound.stage import trust
from tests.web.inbox_case import CommittingInboxTestCase, InboxMixin, InboxTestCase, fields_of, page, queued

DOCTOR = "sylvain.petit@medecin-test.mssante.fr"
WORDS = "Votre commande est prête à {heure}."
READY = "Votre commande est prête à 9\N{NO-BREAK SPACE}h."


class Approval(InboxMixin):
    """Claire approved a template, Léa wrote."""

    as_karim: Browser
    as_claire: Browser

    def begin(self) -> None:
        ReplyTemplate.objects.all().delete()
        self.template = save_template(uuid7(), name="Prête", text=WORDS, version=0, by=self.claire)
        self.conversation = self.received()
        self.url = page("conversation", self.conversation.pk)

    def submit(self, body: str = "C’est prêt.", *, htmx: bool = False, **said: Any) -> Any:
        """Karim presses « Soumettre à un pharmacien » on the page as it now is."""
        fields = {**fields_of(self.as_karim.get(self.url)), "body": body, **said}
        url = page("submit", fields["draft"])
        return self.as_karim.htmx("post", url, fields) if htmx else self.as_karim.post(url, fields)

    def waiting(self) -> Draft:
        return Draft.objects.get(state=DraftState.SUBMITTED)

    def decided(self, what: str, *, by: Any = None, **said: Any) -> Any:
        """Claire decides, unless somebody else does, on the page as it now is."""
        draft = self.waiting()
        version = Conversation.objects.get(pk=self.conversation.pk).version
        data = {"draft_version": draft.version, "version": version, "conversation": self.conversation.pk}
        return (by or self.as_claire).htmx("post", page(what, draft.pk), {**data, **said})


class ApprovalCase(Approval, InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.begin()


class Submitting(ApprovalCase):
    def test_a_preparateur_is_offered_to_submit_and_not_to_send(self) -> None:
        opened = self.as_karim.get(self.url)

        self.assertContains(opened, "Soumettre à un pharmacien")
        self.assertNotContains(opened, "Envoyer</button>")
        self.assertContains(self.as_claire.get(self.url), "Envoyer et…")

    def test_what_he_sends_all_the_same_does_not_leave(self) -> None:
        fields = fields_of(self.as_karim.get(self.url))

        response = self.as_karim.post(page("reply", self.conversation.pk), {**fields, "body": "Libre."})

        self.assertContains(response, "relecture d’un pharmacien", status_code=422)
        self.assertContains(response, "Libre.</textarea>", status_code=422)
        self.assertEqual(queued(), [])
        self.assertEqual(self.as_karim.post(page("send", uuid7()), fields).status_code, 404)

    def test_everybody_sees_it_with_its_writer_and_a_count(self) -> None:
        response = self.submit()

        self.assertRedirects(response, self.url, fetch_redirect_response=False)
        for browser in (self.as_karim, self.as_claire, self.browser(self.nadia)):
            listed = browser.get(page("inbox_view", "a-valider"))
            self.assertContains(listed, "C’est prêt.")
            self.assertContains(listed, '<span class="nav-count">1</span>')
        self.assertContains(self.as_claire.get(self.url), "écrit par Karim B.")
        self.assertContains(self.as_karim.get(self.url), "Votre réponse attend un pharmacien")
        self.assertContains(self.as_karim.get(page("inbox_view", "a-traiter")), "À valider</span>")

    def test_it_is_held_when_the_patient_wrote_again(self) -> None:
        fields = {**fields_of(self.as_karim.get(self.url)), "body": "À ce soir."}
        first = Message.objects.get()
        self.receive(letter(text="Je passe demain.", answers=f"<{first.headers['message_id']}>"))

        response = self.as_karim.post(page("submit", fields["draft"]), fields)

        self.assertContains(response, "Léa Durand a écrit", status_code=409)
        self.assertContains(response, "À ce soir.</textarea>", status_code=409)
        self.assertContains(response, "Soumettre quand même", status_code=409)

    def test_a_double_click_submits_once(self) -> None:
        fields = {**fields_of(self.as_karim.get(self.url)), "body": "C’est prêt."}
        for _ in range(2):
            self.assertEqual(self.as_karim.post(page("submit", fields["draft"]), fields).status_code, 302)

        self.assertEqual(Draft.objects.get().state, DraftState.SUBMITTED)

    def test_its_files_can_be_opened_by_who_reads_it_over(self) -> None:
        self.submit(files=SimpleUploadedFile("notice.pdf", pdf(1), "application/pdf"))
        url = page("submitted_file", self.waiting().pk, self.waiting().files.get().pk)
        self.assertContains(self.as_claire.get(self.url), url)

        link = self.as_claire.get(url)["Location"]
        with self.settings(ROOT_URLCONF="portal.urls_content"):
            served = self.as_claire.get(link, SERVER_NAME="contenu.soleil.localhost")

        self.assertEqual((served.status_code, served.content), (200, pdf(1)))
        self.assertEqual(self.hugo().get(url).status_code, 404)


class Deciding(ApprovalCase):
    def setUp(self) -> None:
        super().setUp()
        self.submit()

    def test_sent_it_bears_both_names(self) -> None:
        response = self.decided("approve")

        self.assertContains(response, "Rédigé par Karim B., envoyé par Claire M.")
        self.assertEqual(queued()[0].message.text, "C’est prêt.")
        self.assertNotContains(self.as_claire.get(page("inbox_view", "a-valider")), "C’est prêt.")

    def test_a_double_click_sends_once(self) -> None:
        draft, version = self.waiting(), Conversation.objects.get().version
        data = {"draft_version": draft.version, "version": version, "conversation": self.conversation.pk}
        for _ in range(2):
            self.assertEqual(self.as_claire.post(page("approve", draft.pk), data).status_code, 302)

        self.assertEqual(len(queued()), 1)

    def test_corrected_it_leaves_in_her_words(self) -> None:
        self.decided("approve", body="C’est prêt à 9 h.")

        self.assertEqual(queued()[0].message.text, "C’est prêt à 9 h.")

    def test_sent_the_patient_is_waited_for_in_the_same_gesture(self) -> None:
        self.assertContains(self.as_claire.get(self.url), 'name="then" value="patient"')
        self.assertEqual(self.decided("approve", then="later").status_code, 404)

        self.decided("approve", then="patient", remind="3", body="Avez-vous votre carte Vitale ?")

        waits = Conversation.objects.get()
        self.assertEqual((len(queued()), waits.state, waits.snoozed_by), (1, "patient", self.claire))

    def test_given_back_its_writer_sees_why_and_goes_on(self) -> None:
        self.decided("send_back", note="Dites à quelle heure.")

        opened = self.as_karim.get(self.url)
        self.assertContains(opened, "Claire vous a renvoyé ce texte")
        self.assertContains(opened, "Dites à quelle heure.")
        self.assertContains(opened, "C’est prêt.</textarea>")
        for view in ("a-moi", "a-traiter", "a-valider"):
            self.assertContains(self.as_karim.get(page("inbox_view", view)), "À reprendre")
        self.submit("C’est prêt à 9 h.")
        self.assertContains(self.as_claire.get(self.url), "l’avait renvoyé")

    def test_without_a_note_it_is_not_given_back(self) -> None:
        response = self.decided("send_back", note=" ")

        self.assertContains(response, "Écrivez ce qu’il faut changer", status_code=422)
        self.assertTrue(self.waiting())

    def test_a_colleague_who_was_quicker_leaves_the_correction_on_the_screen(self) -> None:
        draft = self.waiting()
        data = {"draft_version": draft.version, "version": 2, "conversation": self.conversation.pk}
        self.decided("approve", by=self.browser(self.nadia))

        response = self.as_claire.htmx("post", page("approve", draft.pk), {**data, "body": "Ma correction."})

        self.assertContains(response, "n’attend plus", status_code=409)
        self.assertContains(response, "Ma correction.</textarea>", status_code=409)
        self.assertEqual(len(queued()), 1)

    def test_it_is_held_when_a_colleague_answered_meanwhile(self) -> None:
        response = self.decided("approve", version=1, body="Corrigé.")

        self.assertContains(response, "Envoyer quand même", status_code=409)
        self.assertContains(response, "Corrigé.</textarea>", status_code=409)
        self.assertEqual(queued(), [])

    def test_its_writer_takes_it_back(self) -> None:
        draft = self.waiting()

        response = self.as_karim.htmx("post", page("take_back", draft.pk))

        self.assertContains(response, "C’est prêt.</textarea>")
        self.assertNotContains(self.as_claire.get(self.url), "À valider&nbsp;:")

    def test_a_preparateur_decides_nothing(self) -> None:
        for what in ("approve", "send_back"):
            self.assertEqual(self.decided(what, by=self.as_karim, note="x").status_code, 404)
        self.assertTrue(self.waiting())

    def test_taken_back_from_the_queue_it_waits_again(self) -> None:
        self.decided("approve")

        response = self.as_claire.htmx("post", page("undo", queued()[0].pk), {"version": "1"})

        self.assertContains(response, "écrit par Karim B.")
        self.assertEqual(self.waiting().text, "C’est prêt.")


class NewMessages(Approval, CommittingInboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.begin()
        trust("medecin-test.mssante.fr")
        fields = fields_of(self.as_karim.get(page("compose")))
        data = {**fields, "to": DOCTOR, "sure": DOCTOR, "subject": "Posologie", "body": "Bonjour docteur"}
        self.answer = self.as_karim.post(page("submit", fields["draft"]), data)
        self.page = page("submitted", Draft.objects.get().pk)

    def test_a_new_message_waits_on_a_page_of_its_own(self) -> None:
        self.assertRedirects(self.answer, self.page)
        for browser in (self.as_karim, self.as_claire):
            self.assertContains(browser.get(self.page), "Bonjour docteur")
            self.assertContains(browser.get(page("inbox_view", "a-valider")), self.page)
        self.assertEqual(self.hugo().get(self.page).status_code, 404)

    def test_a_pharmacist_sends_it(self) -> None:
        draft = self.waiting()

        response = self.as_claire.post(page("approve", draft.pk), {"draft_version": draft.version})

        self.assertIn("/equipe/echange/", response["Location"])
        self.assertEqual(queued()[0].message.released_by, self.claire)

    def test_given_back_it_is_found_in_the_list(self) -> None:
        draft = self.waiting()
        data = {"draft_version": draft.version, "note": "Précisez."}

        self.as_claire.post(page("send_back", draft.pk), data)

        self.assertContains(self.as_karim.get(page("inbox_view", "a-valider")), "À reprendre")
        self.assertContains(self.as_karim.get(page("compose_draft", draft.pk)), "Précisez.")
        gone = self.as_claire.post(page("approve", draft.pk), {**data, "body": "Ma correction."})
        self.assertContains(gone, "Ma correction.", status_code=409)


class Templates(ApprovalCase):
    def choose(self, template_id: Any, **said: Any) -> Any:
        fields = {**fields_of(self.as_karim.get(self.url)), "body": "", **said}
        data = {**fields, "choose": template_id}
        return self.as_karim.post(page("draft_template", fields["draft"]), data, follow=True)

    def test_an_approved_template_leaves_at_once(self) -> None:
        chosen = self.choose(self.template.pk)
        self.assertContains(chosen, "Votre commande est prête à [heure].")
        self.assertContains(chosen, "Envoyer")
        fields = {**fields_of(chosen), "blank:heure": "09:00"}

        self.as_karim.post(page("reply", self.conversation.pk), fields)

        (delivery,) = queued()
        self.assertEqual((delivery.message.text, delivery.recipients.get().address), (READY, LEA))

    def test_a_blank_left_empty_is_said_beside_it(self) -> None:
        fields = {**fields_of(self.choose(self.template.pk)), "blank:heure": "ce soir"}

        response = self.as_karim.post(page("reply", self.conversation.pk), fields)

        self.assertContains(response, "Écrivez l’heure ainsi", status_code=422)
        self.assertContains(response, 'value="ce soir"', status_code=422)
        self.assertEqual(queued(), [])

    def test_words_sent_beside_the_template_are_not_looked_at(self) -> None:
        fields = {**fields_of(self.choose(self.template.pk)), "blank:heure": "9:00"}

        self.as_karim.post(
            page("reply", self.conversation.pk), {**fields, "body": "Libre.", "subject": "Libre"}
        )

        self.assertEqual(queued()[0].message.text, READY)

    def test_what_is_typed_shows_in_the_preview(self) -> None:
        fields = {**fields_of(self.choose(self.template.pk)), "blank:heure": "9:00"}

        saved = self.as_karim.htmx("post", page("draft_save", fields["draft"]), fields)

        self.assertContains(saved, READY)
        self.assertContains(saved, 'id="preview"')

    def test_its_text_may_be_changed_and_then_is_submitted(self) -> None:
        self.choose(self.template.pk, body="Bonjour Léa.")

        free = self.choose("")

        self.assertContains(free, "Bonjour Léa.\n\nVotre commande")
        self.assertContains(free, "Soumettre à un pharmacien")

    def test_a_second_tab_with_another_hour_is_not_told_that_it_was_submitted(self) -> None:
        fields = {**fields_of(self.choose(self.template.pk)), "blank:heure": "9:00"}
        url = page("submit", fields["draft"])
        for _ in range(2):
            self.assertEqual(self.as_karim.post(url, fields).status_code, 302)

        response = self.as_karim.post(url, {**fields, "blank:heure": "10:00"})

        self.assertContains(response, "Ce brouillon a déjà été envoyé", status_code=409)
        self.assertContains(response, READY.replace("9", "10") + "</textarea>", status_code=409)
        self.assertEqual(self.waiting().text, READY)

    def test_a_template_that_is_not_approved_is_not_his_to_use(self) -> None:
        other = save_template(uuid7(), name="Autre", text="Autre", version=0, by=self.karim)

        self.assertNotContains(self.as_karim.get(self.url), str(other.pk))
        fields = fields_of(self.as_karim.get(self.url))
        forged = {**fields, "template": other.pk}
        response = self.as_karim.post(page("reply", self.conversation.pk), forged)
        self.assertContains(response, "plus approuvé", status_code=422)
        self.assertEqual(queued(), [])

    def test_to_a_professional_there_are_none(self) -> None:
        doctor = self.received(f"Dr Petit <{DOCTOR}>")

        self.assertNotContains(self.as_karim.get(page("conversation", doctor.pk)), "Prête")
