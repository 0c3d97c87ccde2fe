"""Tests that « Envoyer plus tard » is chosen, seen, changed and given back on the screen, with and without scripts."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.utils import timezone

from portal.conversations.models import Message, MessageKind
from portal.house.actions import set_hours
from portal.house.hours import Stretch
from portal.outbound.departures import leave_due
from portal.outbound.models import Draft, DraftState
from tests.browsing import Browser
from tests.inbound.letters import MARTIN, letter
from tests.outbound.stage import trust
from tests.web.inbox_case import CommittingInboxTestCase, InboxTestCase, fields_of, page, queued

WEEK = [Stretch(day, *part) for day in range(5) for part in ((time(8, 30), time(12)), (time(14), time(19)))]


class LaterCase(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conversation = self.received()
        self.url = page("conversation", self.conversation.pk)

    def press(self, when: str, *, by: Browser | None = None, htmx: bool = True, **said: Any) -> Any:
        browser = by or self.as_claire
        fields = {**fields_of(browser.get(self.url)), "body": "C’est prêt.", "when": when, **said}
        url = page("later", fields["draft"])
        return browser.htmx("post", url, fields) if htmx else browser.post(url, fields)

    def held(self) -> Draft:
        return Draft.objects.get(state=DraftState.SCHEDULED)

    def chosen(self, response: Any, **said: Any) -> Any:
        """A moment is chosen on the page that came."""
        draft = Draft.objects.get(state=DraftState.OPEN)
        version = self.conversation.version
        fields = {"draft_version": draft.version, "version": version, "on": "2027-01-04", "time": "09:15"}
        self.assertIn(page("later_at", draft.pk), response.content.decode())
        return self.as_claire.post(page("later_at", draft.pk), {**fields, **said})


class Choosing(LaterCase):
    def test_at_the_next_opening_in_two_clicks(self) -> None:
        set_hours(WEEK, by=self.nadia)

        response = self.press("opening")

        self.assertContains(response, "Part ")
        self.assertContains(response, "C’est prêt.")
        self.assertContains(response, "Claire a prévu l’envoi d’une réponse")
        at = timezone.localtime(self.held().leaves_at)
        self.assertIn((at.hour, at.minute), {(8, 30), (14, 0)})
        self.assertLess(at.weekday(), 5)
        self.assertEqual(queued(), [])

    def test_at_a_day_and_an_hour_also_without_scripts(self) -> None:
        for htmx in (True, False):
            page_of_moments = self.press("choose", htmx=htmx)
            self.assertContains(page_of_moments, "Prévoir l’envoi")
        response = self.chosen(page_of_moments)
        self.assertRedirects(response, self.url, fetch_redirect_response=False)
        self.assertEqual(f"{timezone.localtime(self.held().leaves_at):%Y-%m-%d %H:%M}", "2027-01-04 09:15")

    def test_an_hour_that_is_over_is_refused_beside_the_field_and_nothing_typed_is_lost(self) -> None:
        response = self.chosen(self.press("choose"), on="2026-01-04")
        self.assertContains(response, "un moment à venir", status_code=422)
        self.assertContains(response, "C’est prêt.", status_code=422)
        self.assertContains(self.chosen(response, on=""), "un jour et une heure", status_code=422)

    def test_what_happened_while_choosing_stops_it(self) -> None:
        choosing = self.press("choose")
        self.receive(letter(subject="Re: Mon ordonnance", text="Finalement non."))
        response = self.chosen(choosing)
        self.assertContains(response, "pendant que vous écriviez", status_code=409)
        self.assertContains(response, "C’est prêt.</textarea>", status_code=409)

    def test_a_second_click_schedules_once(self) -> None:
        fields = {**fields_of(self.as_claire.get(self.url)), "body": "C’est prêt.", "when": "opening"}
        for _ in range(2):
            self.as_claire.htmx("post", page("later", fields["draft"]), fields)
        self.assertEqual(Draft.objects.count(), 1)

    def test_a_preparateur_is_offered_none_for_what_a_pharmacist_reads_first(self) -> None:
        self.assertNotContains(self.as_karim.get(self.url), "Envoyer plus tard")
        response = self.press("opening", by=self.as_karim)
        self.assertContains(response, "relecture d’un pharmacien", status_code=422)


class Waiting(LaterCase):
    def setUp(self) -> None:
        super().setUp()
        self.press("opening")

    def test_the_team_sees_it_in_the_conversation_in_lists_and_on_top_of_sent(self) -> None:
        self.assertContains(self.as_karim.get(self.url), "Part ")
        self.assertContains(self.as_karim.get(page("inbox_view", "a-traiter")), "Envoi prévu")
        sent = self.as_karim.get(page("inbox_view", "envoyes"))
        self.assertContains(sent, "Envois prévus")
        self.assertContains(sent, f'id="row-{self.conversation.pk}"', count=1)

    def test_its_hour_is_changed_or_it_leaves_now(self) -> None:
        url = page("scheduled_time", self.held().pk)
        self.as_claire.post(url, {"on": "2027-02-01", "time": "10:00"})
        self.assertEqual(timezone.localtime(self.held().leaves_at).day, 1)
        self.assertContains(self.as_claire.htmx("post", url, {}), "un jour et une heure", status_code=422)
        self.assertContains(
            self.as_karim.htmx("post", url, {"when": "now"}), "un autre pharmacien", status_code=422
        )

        self.as_claire.htmx("post", url, {"when": "now"})
        leave_due()

        self.assertEqual(len(queued()), 1)
        self.assertEqual(self.as_claire.post(url, {"when": "now"}).status_code, 404)

    def test_its_words_are_taken_back_into_the_composer(self) -> None:
        response = self.as_claire.htmx("post", page("scheduled_back", self.held().pk), {})
        self.assertContains(response, "C’est prêt.</textarea>")
        self.assertContains(response, "Claire a repris un envoi prévu")

    def test_stopped_its_author_reads_why_where_the_words_are(self) -> None:
        self.receive(letter(subject="Re: Mon ordonnance", text="Finalement non."))
        leave_due()
        opened = self.as_claire.get(self.url)
        self.assertContains(opened, "Votre envoi prévu n’est pas parti.")
        self.assertContains(opened, "Le patient a écrit entre-temps.")
        self.assertContains(opened, "C’est prêt.</textarea>")
        self.assertContains(self.as_claire.get(page("inbox_view", "a-traiter")), "À reprendre")
        self.assertContains(self.as_claire.get(page("inbox_view", "a-valider")), "Envoi prévu arrêté")
        self.assertEqual(Message.objects.filter(kind=MessageKind.SENT).count(), 0)

    def test_a_stranger_of_the_other_pharmacy_finds_nothing(self) -> None:
        hugo = self.hugo()
        for name in ("scheduled_time", "scheduled_back"):
            self.assertEqual(hugo.post(page(name, self.held().pk), {}).status_code, 404)


class Approving(LaterCase):
    def test_a_pharmacist_lets_what_karim_wrote_leave_later(self) -> None:
        fields = {**fields_of(self.as_karim.get(self.url)), "body": "C’est prêt."}
        self.as_karim.htmx("post", page("submit", fields["draft"]), fields)
        draft = Draft.objects.get()
        self.conversation.refresh_from_db()
        said = {"draft_version": draft.version, "version": self.conversation.version}
        said |= {"conversation": self.conversation.pk}
        url = page("approve_later", draft.pk)

        self.assertContains(self.as_claire.htmx("post", url, said), "un jour et une heure", status_code=422)
        response = self.as_claire.htmx("post", url, {**said, "when": "opening"})

        self.assertContains(response, "envoi prévu par Claire M.")
        self.assertEqual(self.held().author, self.karim)


class NewMessages(CommittingInboxTestCase):
    def test_a_new_message_waits_on_a_page_of_its_own(self) -> None:
        trust("medecin-test.mssante.fr")
        self.receive(letter(sender=f"Dr Martin <{MARTIN}>", subject="Bonjour"))  # so that he is known
        fields = fields_of(self.as_claire.get(page("compose")))
        said = {**fields, "to": MARTIN, "subject": "Renouvellement", "body": "Bonjour.", "when": "opening"}
        response = self.as_claire.post(page("later", fields["draft"]), said)
        draft = Draft.objects.get(state=DraftState.SCHEDULED)
        self.assertRedirects(response, page("scheduled", draft.pk), fetch_redirect_response=False)
        self.assertContains(self.as_karim.get(response["Location"]), "Renouvellement")
        self.assertEqual(self.hugo().get(page("scheduled", draft.pk)).status_code, 404)
