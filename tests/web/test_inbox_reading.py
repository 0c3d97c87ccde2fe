"""Tests that a conversation is read whole, by those who may, and that reading changes nothing but who read."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import assign, finish
from portal.conversations.models import Conversation, Message
from portal.documents.antivirus import EICAR
from portal.inbound.models import RawMessage
from portal.mailboxes.models import MailboxKind
from portal.outbound.actions import queue
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.models import Delivery
from portal.team.models import User
from tests.browsing import Browser
from tests.documents.files import encrypted_pdf, pdf
from tests.inbound.letters import LEA, MARTIN, letter
from tests.mailboxes.boxes import open_box
from tests.web.inbox_case import InboxTestCase, only_file, page

UNTOUCHED = "00000000-0000-7000-8000-000000000000"
ASIDE = ("audit_entry", "audit_head", "django_session")


class Reading(InboxTestCase):
    def test_a_patient_is_shown_with_the_ins_in_groups(self) -> None:
        response = self.open(self.received(text="Bonjour, voici mon ordonnance."))

        self.assertContains(
            response, "INS&nbsp;" + "2 79 03 51 215 189 89".replace(" ", "\N{NO-BREAK SPACE}")
        )
        self.assertContains(response, 'data-copy="279035121518989"')
        self.assertContains(response, "Mon espace santé")
        self.assertContains(response, "Bonjour, voici mon ordonnance.")

    def test_no_title_and_no_address_of_a_page_says_who_it_is_about(self) -> None:
        conversation = self.received()

        html = self.open(conversation).content.decode()

        title = html.partition("<title>")[2].partition("</title>")[0]
        for word in ("Léa", "Durand", "ordonnance", LEA[:15]):
            self.assertNotIn(word, title)
        self.assertNotIn(f'href="{LEA}', html)

    def test_a_page_that_htmx_names_wrongly_is_no_page(self) -> None:
        conversation = self.received()

        response = self.as_karim.get(
            page("conversation", conversation.pk),
            headers={"HX-Request": "true", "HX-Current-URL": "http://["},
        )

        self.assertEqual(response.status_code, 200)

    def test_a_professional_is_shown_with_the_address_that_wrote(self) -> None:
        self.assertContains(self.open(self.received(f"Dr Martin <{MARTIN}>")), MARTIN)

    def test_a_name_that_shows_another_address_is_not_believed(self) -> None:
        html = self.open(self.received(f'"dr.petit@hopital.mssante.fr" <{MARTIN}>')).content.decode()

        self.assertNotIn("dr.petit@hopital", html)
        self.assertIn(MARTIN, html)

    def test_what_a_message_quotes_and_its_signature_are_folded_away(self) -> None:
        self.received(text="Le sirop est-il prêt ?", message_id="<un@patient.mssante.fr>")
        conversation = self.received(
            text="Alors ?\n-- \nLéa Durand\n\nLe 12/11, Léa a écrit :\n> Le sirop est-il prêt ?\n",
            answers="<un@patient.mssante.fr>",
        )

        html = self.open(conversation).content.decode()

        self.assertRegex(
            html,
            r'(?s)<div class="msg-text">Alors \?</div>.*<details class="quoted"><summary>Message précédent',
        )
        self.assertRegex(
            html, r'(?s)<details class="quoted"><summary>Signature</summary><div>-- \nLéa Durand'
        )

    def test_a_quote_that_nobody_here_has_read_is_not_folded_away(self) -> None:
        conversation = self.received(
            text="Qu’en pensez-vous ?\n\nLe 12/11, le Dr Petit a écrit :\n> Arrêtez le Previscan.\n"
        )

        html = self.open(conversation).content.decode()

        self.assertRegex(html, r'(?s)<details class="quoted" open><summary>Texte cité, qui.*Previscan')

    def test_senders_words_are_escaped(self) -> None:
        conversation = self.received(
            "<script>alert(1)</script> <a@medecin-test.mssante.fr>", "<b>Objet</b>", "<img src=x onerror=y>"
        )

        html = self.open(conversation).content.decode()

        for raw in ("<script>alert", "<b>Objet", "<img src=x"):
            self.assertNotIn(raw, html)
        self.assertIn("&lt;img src=x onerror=y&gt;", html)

    def test_what_the_team_did_stands_between_the_messages(self) -> None:
        conversation = self.received()
        changed = assign(conversation, to=self.karim, by=self.karim, version=conversation.version)
        changed = assign(changed, to=self.claire, by=self.nadia, version=changed.version)
        finish(changed, by=self.claire, version=changed.version)

        response = self.open(conversation)

        for words in ("Karim a pris en charge", "Nadia a confié à Claire", "Claire a terminé", "Rouvrir"):
            self.assertContains(response, words)

    def test_htmx_gets_the_pane_alone(self) -> None:
        response = self.as_karim.htmx("get", page("conversation", self.received().pk))

        self.assertTemplateUsed(response, "inbox/_conversation.html")
        self.assertNotContains(response, "<html")
        self.assertIn("HX-Request", response.headers["Vary"])

    def test_reading_is_in_the_journal_and_takes_the_mark_of_the_unread(self) -> None:
        conversation = self.received()

        self.open(conversation)

        entry = Entry.objects.get(event=Event.CONVERSATION_OPEN)
        self.assertEqual((entry.actor, entry.object_id), (self.karim.pk, conversation.pk))
        self.assertFalse(Conversation.objects.get().unopened)
        self.assertEqual(Conversation.objects.get().version, conversation.version)

    def test_bold_is_for_whom_has_not_read_it_and_the_dot_while_nobody_has(self) -> None:
        User.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
        conversation = self.received()
        row = f'class="row{{}}" id="row-{conversation.pk}"'
        inbox = page("inbox_view", "a-traiter")
        self.assertContains(self.as_claire.get(inbox), row.format(" unread untouched"))

        self.open(conversation)

        self.assertContains(self.as_karim.get(inbox), row.format(""))
        self.assertContains(self.as_claire.get(inbox), row.format(" unread"))
        self.assertContains(
            self.as_claire.get(page("conversation", conversation.pk)), "Lu par Karim B. et vous"
        )

    def test_marked_unread_one_is_back_at_the_list_where_it_is_bold(self) -> None:
        conversation = self.received()
        self.open(conversation)

        answer = self.as_karim.post(page("unread", conversation.pk) + "?vue=a-moi")

        self.assertEqual((answer.status_code, answer["Location"]), (302, "/equipe/a-moi/"))
        self.assertContains(self.as_karim.get("/equipe/a-traiter/"), 'class="row unread"')

    def test_one_comes_back_to_the_view_one_came_from(self) -> None:
        conversation = self.received()

        response = self.as_karim.get(page("conversation", conversation.pk) + "?vue=termines")

        self.assertContains(response, 'href="/equipe/termines/" aria-label="Retour à Terminés"')

    def test_a_conversation_costs_as_few_queries_with_fifty_files_as_with_one(self) -> None:
        small, large = self.received(f"A <{MARTIN}>"), self.received(f"B <b{MARTIN}>")
        self.receive(*self.answered_files(small, 1), *self.answered_files(large, 10))
        counts = []
        for conversation in (small, large):
            self.open(conversation)
            with self.statements() as made:
                self.as_karim.htmx("get", page("conversation", conversation.pk))
            with self.statements() as whole:
                self.open(conversation)
            counts.append((len(made.sql), len(whole.sql)))
        self.assertEqual(counts[0], counts[1])
        self.assertEqual(Message.objects.filter(conversation=large).count(), 11)
        self.assertLessEqual(counts[1][0], 12, "\n".join(made.sql))
        self.assertLessEqual(counts[1][1], 12, "\n".join(whole.sql))

    def answered_files(self, conversation: Conversation, number: int) -> list[bytes]:
        first = Message.objects.get(conversation=conversation)
        sender = f"{first.headers['from']['label']} <{first.headers['from']['address']}>"
        files = {f"{each}.pdf": ("application/pdf", b"%PDF-1.7 " + bytes([each])) for each in range(5)}
        return [
            letter(sender, answers=f"<{first.headers['message_id']}>", files=files) for _ in range(number)
        ]

    def open(self, conversation: Conversation) -> object:
        return self.as_karim.get(page("conversation", conversation.pk))


class Files(InboxTestCase):
    def test_a_long_pdf_is_shown_by_its_first_page_and_asks_for_the_others(self) -> None:
        conversation = self.received(files={"ordonnance.pdf": ("application/pdf", pdf(12))})
        file = only_file(conversation)

        response = self.as_karim.get(page("conversation", conversation.pk))
        self.assertContains(response, f'hx-get="{page("attachment", file.pk)}"')
        self.assertContains(response, "http://contenu.soleil.localhost/page/")
        piece = self.as_karim.htmx("get", page("attachment", file.pk))

        self.assertTemplateUsed(piece, "inbox/_piece.html")
        self.assertEqual(len(piece.context["file"].page_urls), 12)

    def test_a_short_pdf_is_there_with_all_its_pages(self) -> None:
        conversation = self.received(files={"ordonnance.pdf": ("application/pdf", pdf(3))})
        file = only_file(conversation)

        response = self.as_karim.get(page("conversation", conversation.pk))

        self.assertContains(response, "http://contenu.soleil.localhost/page/")
        self.assertContains(response, "3 pages")
        self.assertNotContains(response, f'hx-get="{page("attachment", file.pk)}"')

    def test_a_pdf_behind_a_password_says_so(self) -> None:
        conversation = self.received(files={"secret.pdf": ("application/pdf", encrypted_pdf())})

        response = self.as_karim.htmx("get", page("attachment", only_file(conversation).pk))

        self.assertContains(response, "protégé par un mot de passe")
        self.assertContains(response, "Télécharger")

    def test_without_scripts_a_file_has_a_page_of_its_own(self) -> None:
        conversation = self.received(files={"ordonnance.pdf": ("application/pdf", pdf(2))})

        response = self.as_karim.get(page("attachment", only_file(conversation).pk))

        self.assertTemplateUsed(response, "inbox/attachment.html")
        self.assertContains(response, "2 pages")

    def test_a_virus_is_named_and_offered_to_nobody(self) -> None:
        conversation = self.received(files={"facture.txt": ("text/plain", EICAR)})
        file = only_file(conversation)

        response = self.as_karim.get(page("attachment", file.pk))

        self.assertContains(response, "trouvé un virus")
        self.assertNotContains(response, "Télécharger</a>")
        self.assertNotContains(response, "/page/")


class Doors(InboxTestCase):
    """Absent and forbidden: the same bytes."""

    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received(files={"ordonnance.pdf": ("application/pdf", pdf(1))})
        self.received(f"Dr Martin <{MARTIN}>")
        draft = start_reply(self.conversation, by=self.claire)
        draft = save_draft(
            draft,
            by=self.claire,
            version=draft.version,
            recipients=draft.recipients,
            subject="Re",
            text="Prêt.",
        )
        version = Conversation.objects.get(pk=self.conversation.pk).version
        self.delivery = queue(draft, by=self.claire, idempotency_key=draft.pk, version=version)
        self.receive(b"\x00\x01\x02 rien de lisible")

    def test_hugo_of_gare_sees_nothing_of_soleil_on_his_own_host(self) -> None:
        hugo = self.hugo()
        for name, pk in self.objects():
            self.assert_absent(hugo, name, pk)

    def test_nadia_does_not_see_claires_own_mailbox(self) -> None:
        own = open_box("claire.moulin@pro-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire)
        conversation = self.received(
            f"Dr Petit <{MARTIN}>", "Personnel", box=own, files={"a.pdf": ("application/pdf", pdf(1))}
        )
        nadia, claire = self.browser(self.nadia), self.browser(self.claire)

        self.assertEqual(claire.get(page("conversation", conversation.pk)).status_code, 200)
        self.assertContains(claire.get(page("inbox_view", "a-traiter")), "Personnel")
        self.assertNotContains(nadia.get(page("inbox_view", "a-traiter")), "Personnel")
        for name, pk in (
            ("conversation", conversation.pk),
            ("assign", conversation.pk),
            ("attachment", only_file(conversation).pk),
            ("attachment_file", only_file(conversation).pk),
            ("raw_message", Message.objects.get(conversation=conversation).pk),
        ):
            self.assert_absent(nadia, name, pk)

    def test_somebody_elses_draft_is_absent(self) -> None:
        draft = start_reply(self.conversation, by=self.claire)
        for name in ("draft_discard", "draft_restore"):
            response = self.as_karim.post(page(name, draft.pk))
            self.assertNotEqual(response.status_code, 200)
        self.assertEqual(self.as_karim.get(page("compose_draft", draft.pk)).status_code, 404)
        draft.refresh_from_db()
        self.assertEqual(draft.state, "open")

    def test_looking_changes_nothing_but_the_journal(self) -> None:
        for name, pk in self.objects():
            self.browser(self.nadia).get(page(name, pk))
        before = self.checksums()
        nadia = self.browser(self.nadia)
        for name, pk in self.objects():
            for method in (nadia.get, nadia.head, nadia.options):
                method(page(name, pk))
        for path in ("/equipe/", "/equipe/a-traiter/", "/equipe/quarantaine/", "/equipe/nouveau/"):
            nadia.get(path)
        after = self.checksums()

        self.assertEqual({table for table in before if before[table] != after[table]}, set())

    def objects(self) -> list[tuple[str, object]]:
        sent = Message.objects.get(deliveries=self.delivery)
        received = Message.objects.filter(conversation=self.conversation, kind="in").get()
        raw = RawMessage.objects.get(state="quarantined")
        return [
            ("conversation", self.conversation.pk),
            ("assign", self.conversation.pk),
            ("attachment", only_file(self.conversation).pk),
            ("attachment_file", only_file(self.conversation).pk),
            ("raw_message", received.pk),
            ("raw_message", sent.pk),
            ("delivery", self.delivery.pk),
            ("quarantined", raw.pk),
            ("quarantined_file", raw.pk),
        ]

    def assert_absent(self, browser: Browser, name: str, pk: object) -> None:
        refused, absent = browser.get(page(name, pk)), browser.get(page(name, UNTOUCHED))
        self.assertEqual(refused.status_code, 404, name)
        self.assertEqual(refused.content, absent.content, name)
        self.assertEqual(dict(refused.headers), dict(absent.headers), name)
        for change in ("finish", "reopen", "undo", "resolve_uncertain"):
            self.assertEqual(browser.post(page(change, pk), {"version": 1}).status_code, 404)

    def checksums(self) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            tables = [name for (name,) in cursor.fetchall() if name not in (*ASIDE, "django_migrations")]
            found = {}
            for table in tables:
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
                )
                found[table] = cursor.fetchone()[0]
        return found


class Acts(InboxTestCase):
    def test_karim_takes_a_conversation_without_scripts(self) -> None:
        conversation = self.received()

        response = self.post("assign", conversation, person=str(self.karim.pk))

        self.assertRedirects(response, page("conversation", conversation.pk), fetch_redirect_response=False)
        self.assertEqual(Conversation.objects.get().assignees, [self.karim.pk])

    def test_htmx_gets_pane_row_and_counts_at_once(self) -> None:
        conversation = self.received()

        response = self.as_karim.htmx(
            "post",
            page("assign", conversation.pk),
            {"version": conversation.version, "person": str(self.karim.pk)},
        )

        self.assertContains(response, 'id="conversation"')
        self.assertContains(response, f'id="row-{conversation.pk}"')
        self.assertContains(response, 'id="views" hx-swap-oob="true"')

    def test_finishing_takes_the_row_out_and_offers_the_next_one(self) -> None:
        other, conversation = self.received(subject="Autre"), self.received(subject="Ceci")

        response = self.as_karim.htmx(
            "post", page("finish", conversation.pk), {"version": conversation.version}
        )

        self.assertContains(response, f'<div id="line-{conversation.pk}" hx-swap-oob="delete">')
        self.assertContains(response, f'href="{page("conversation", other.pk)}">Conversation suivante')
        self.assertEqual(Conversation.objects.get(pk=conversation.pk).state, "done")

    def test_a_colleagues_move_stops_mine_and_says_whose(self) -> None:
        conversation = self.received()
        assign(conversation, to=self.claire, by=self.claire, version=conversation.version)

        for post in (self.as_karim.post, lambda *said: self.as_karim.htmx("post", *said)):
            response = post(page("finish", conversation.pk), {"version": conversation.version})
            self.assertContains(response, "Claire a attribué la conversation", status_code=409)
        self.assertEqual(Conversation.objects.get().state, "open")

    def test_a_finished_conversation_is_taken_back(self) -> None:
        conversation = self.received()
        done = finish(conversation, by=self.nadia, version=conversation.version)

        self.post("reopen", done)

        self.assertEqual(Conversation.objects.get().state, "open")

    def test_a_conversation_is_not_given_to_whoever_left(self) -> None:
        conversation = self.received()
        self.claire.active = False
        self.claire.save(update_fields=["active"])

        response = self.post("assign", conversation, person=str(self.claire.pk))

        self.assertContains(response, "ne peut pas prendre la conversation", status_code=422)
        self.assertEqual(Conversation.objects.get().assignees, [])

    def test_an_act_without_a_version_is_no_act(self) -> None:
        self.assertEqual(self.as_karim.post(page("finish", self.received().pk)).status_code, 404)

    def test_acts_are_only_posted(self) -> None:
        conversation = self.received()
        for name in ("finish", "reopen", "reply"):
            self.assertEqual(self.as_karim.get(page(name, conversation.pk)).status_code, 405)
        self.assertFalse(Delivery.objects.exists())

    def post(self, name: str, conversation: Conversation, **said: str) -> object:
        return self.as_karim.post(page(name, conversation.pk), {"version": conversation.version, **said})
