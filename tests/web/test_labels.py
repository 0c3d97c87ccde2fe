"""Tests of labels: the house's own words, put by anybody, kept in order in the console, never in an address."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.test import override_settings

from portal.audit.models import Entry
from portal.conversations.actions import finish, mark_opened
from portal.conversations.label_models import Colour, Label
from portal.conversations.labels import MOST_LABELS, create_label, put_label
from portal.conversations.listing import labelled
from portal.conversations.models import Conversation
from tests.conversations.mails import received
from tests.mailboxes.boxes import open_box
from tests.web.console_case import ConsoleTestCase
from tests.web.inbox_case import InboxTestCase, page


class Labelling(InboxTestCase):
    urgent: Label

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.urgent = create_label("Urgent", colour=Colour.RED, by=cls.nadia)

    def setUp(self) -> None:
        super().setUp()
        self.letter = self.received(subject="Renouvellement")

    def label(self, **posted: Any) -> Any:
        return self.as_karim.post(page("label", self.letter.pk), posted)

    def on_it(self) -> list[UUID]:
        return Conversation.objects.get(pk=self.letter.pk).labels

    def test_a_label_stands_on_the_row_and_on_the_conversation(self) -> None:
        self.label(put=self.urgent.pk)

        for url in (page("inbox_view", "a-traiter"), page("conversation", self.letter.pk)):
            self.assertContains(self.as_claire.get(url), "Urgent</span>")
        entry = Entry.objects.get(event="conversation:label")
        self.assertEqual(entry.detail, f"label={self.urgent.pk} put=1")
        self.label(take=self.urgent.pk)
        self.assertEqual(self.on_it(), [])

    def test_it_holds_up_nobodys_reply_and_marks_nothing_unread(self) -> None:
        mark_opened(self.letter, by=self.claire)
        version = Conversation.objects.get().version

        self.label(put=self.urgent.pk)
        self.label(put=self.urgent.pk)

        after = Conversation.objects.get()
        self.assertEqual((after.version, after.unopened, after.labels), (version, False, [self.urgent.pk]))

    def test_a_new_one_is_created_and_put_in_one_gesture(self) -> None:
        self.label(name="  À commander ", colour="amber")
        self.label(name="à COMMANDER", colour="blue")

        made = Label.objects.exclude(pk=self.urgent.pk).get()
        self.assertEqual((made.name, made.colour, self.on_it()), ("À commander", "amber", [made.pk]))
        self.assertContains(self.as_claire.htmx("get", page("label", self.letter.pk)), "À commander")

    def test_without_a_word_or_with_too_many_nothing_is_made(self) -> None:
        for name in ("", "  ", "x" * 31):
            self.assertContains(self.label(name=name), "Écrivez le mot", status_code=422)
        Label.objects.bulk_create(Label(name=f"N° {number}") for number in range(MOST_LABELS))
        self.assertContains(self.label(name="Encore"), "déjà quarante", status_code=422)

    def test_a_label_is_a_view_of_whatever_has_it_done_or_not(self) -> None:
        put_label(self.letter, self.urgent, by=self.nadia)
        other = self.received(subject="Sans rien")
        now = Conversation.objects.get(pk=self.letter.pk)
        finish(now, by=self.nadia, version=now.version)

        listed = self.as_claire.get(page("labelled", self.urgent.pk))

        self.assertContains(listed, "Renouvellement")
        self.assertNotContains(listed, "Sans rien")
        self.assertContains(
            self.as_claire.get(page("inbox_view", "etiquettes")), page("labelled", self.urgent.pk)
        )
        self.assertNotIn(other.pk, [each.pk for each in labelled(self.claire, self.urgent.pk).rows])

    def test_what_is_opened_from_a_label_leads_back_to_it(self) -> None:
        put_label(self.letter, self.urgent, by=self.nadia)
        view = page("labelled", self.urgent.pk)
        opened = f"{page('conversation', self.letter.pk)}?vue=etiquettes.{self.urgent.pk.hex}"

        self.assertContains(self.as_claire.get(view), opened)
        self.assertContains(self.as_claire.get(view), page("inbox_view", "etiquettes"))
        self.assertContains(self.as_claire.get(f"{view}?rangs=1"), opened)
        with override_settings(EVENTS="8050"):
            beside = self.as_claire.get(opened)
        self.assertContains(beside, f'href="{view}" aria-label="Retour à l’étiquette"')
        self.assertContains(beside, f'data-again="{view}?rangs=1"')
        self.urgent.delete()
        self.assertContains(self.as_claire.get(opened), "Renouvellement")
        self.assertEqual(self.as_claire.get(view).status_code, 404)

    def test_its_word_stands_in_no_title_and_no_address(self) -> None:
        self.label(put=self.urgent.pk)

        listed = self.as_claire.get(page("labelled", self.urgent.pk)).content.decode()

        self.assertIn("<title>Étiquette", listed)
        self.assertNotIn("urgent", page("labelled", self.urgent.pk))

    def test_what_is_no_label_is_absent_and_a_stranger_sees_nothing(self) -> None:
        self.assertEqual(self.label(put=uuid4()).status_code, 404)
        self.assertEqual(self.as_karim.get(page("labelled", uuid4())).status_code, 404)
        hugo = self.hugo()
        self.assertEqual(hugo.get(page("labelled", self.urgent.pk)).status_code, 404)
        refused = hugo.post(page("label", self.letter.pk), {"put": self.urgent.pk})
        self.assertEqual(refused.status_code, 404)

    def test_a_page_of_labels_costs_a_list_no_query_more(self) -> None:
        url = page("inbox_view", "a-traiter")
        self.as_karim.get(url)
        with self.statements() as bare:
            self.as_karim.get(url)
        for number in range(3):
            put_label(self.letter, Label.objects.create(name=f"N° {number}"), by=self.nadia)
        with self.statements() as full:
            self.as_karim.get(url)

        self.assertEqual(len(full.sql), len(bare.sql), "\n".join(full.sql))


class InTheConsole(ConsoleTestCase):
    def test_the_responsible_person_creates_renames_and_deletes(self) -> None:
        self.as_nadia.post(page("console_labels"), {"name": "Urgent", "colour": "red"})
        urgent = Label.objects.get()
        self.as_nadia.post(page("console_label", urgent.pk), {"name": "Très urgent", "colour": "amber"})
        self.assertContains(self.as_nadia.get(page("console_labels")), "Très urgent")

        self.as_nadia.post(page("console_label_delete", urgent.pk))

        self.assertFalse(Label.objects.exists())
        for event in ("label:create", "label:change", "label:delete"):
            self.assertEqual(Entry.objects.filter(event=event, actor=self.nadia.pk).count(), 1)

    def test_two_labels_never_have_one_name(self) -> None:
        for name in ("Urgent", "Calme"):
            create_label(name, colour=Colour.GREY, by=self.nadia)
        calm = Label.objects.get(name="Calme")

        refused = self.as_nadia.post(page("console_label", calm.pk), {"name": "URGENT", "colour": "red"})

        self.assertContains(refused, "porte ce nom", status_code=422)
        nameless = self.as_nadia.post(page("console_labels"), {"name": "", "colour": "red"})
        self.assertContains(nameless, "Écrivez un mot", status_code=422)

    def test_a_deleted_label_leaves_its_conversations_as_they_are(self) -> None:
        urgent = create_label("Urgent", colour=Colour.RED, by=self.nadia)
        box = open_box()
        letter = Conversation.objects.get(pk=received(box).conversation_id)
        put_label(letter, urgent, by=self.nadia)

        self.as_nadia.post(page("console_label_delete", urgent.pk))

        self.assertEqual(Conversation.objects.get().labels, [])
