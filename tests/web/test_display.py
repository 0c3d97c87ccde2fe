"""A screen on the wall shows how much waits and since when, to whoever has its link, and nothing of any patient."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from portal.audit.events import Event
from portal.audit.models import Entry
from portal.conversations.actions import finish, mark_opened
from portal.conversations.models import Conversation
from portal.house.actions import add_period
from portal.house.displays import add_display
from portal.house.models import Display, PeriodKind
from portal.mailboxes.models import Mailbox, MailboxKind, MailboxState
from portal.team.throttle import Limit
from portal.web.public.display import age
from tests.browsing import Browser
from tests.inbound.letters import LEA, letter
from tests.mailboxes.boxes import open_box
from tests.web.console_case import ConsoleTestCase, console
from tests.web.inbox_case import InboxTestCase, page

CLASSES = re.compile(r'tile-(calm|waits|late)"')


class OnTheWall(InboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.token = add_display(name="Comptoir", by=self.nadia, now=timezone.now())
        Mailbox.objects.update(last_ok_at=timezone.now())
        self.wall = Browser()

    def look(self, **query: str) -> Any:
        return self.wall.get(page("display", self.token), query)

    def numbers(self) -> tuple[list[str], str]:
        """Unopened and to do, and how bad it is."""
        text = self.look(chiffres="").content.decode()
        level = CLASSES.search(text)
        assert level
        return re.findall(r'<p class="tile-n">(\d+)</p>', text), level[1]

    def test_it_counts_what_waits_and_says_since_when(self) -> None:
        self.assertEqual(self.numbers(), (["0", "0"], "calm"))
        self.assertContains(self.look(), "Tout est ouvert")
        first = self.received(f"Léa Durand <{LEA}>", "Mon insuline", "Je n’en ai plus")
        second = self.received(f"Léa Durand <{LEA}>", "Autre chose")
        now = timezone.now()
        Conversation.objects.update(unopened_since=now, last_message_at=now)
        Conversation.objects.filter(pk=first.pk).update(unopened_since=now - timedelta(minutes=72))
        self.assertEqual(self.numbers(), (["2", "2"], "waits"))
        seen = self.look()
        self.assertContains(seen, "Le plus ancien&nbsp;: <b>1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}12</b>")
        for secret in ("Léa", "Durand", "insuline", "2790", "Autre chose"):
            self.assertNotContains(seen, secret)

        mark_opened(first, by=self.karim)
        self.assertEqual(self.numbers()[0], ["1", "2"])
        finish(second, by=self.karim, version=second.version)
        self.assertEqual(self.numbers(), (["0", "1"], "calm"))

    def test_it_is_late_by_the_same_minutes_of_opening_as_the_alerts(self) -> None:
        conversation = self.received()
        Conversation.objects.filter(pk=conversation.pk).update(
            unopened_since=timezone.now() - timedelta(minutes=25)
        )
        self.assertEqual(self.numbers()[1], "waits")  # no hours are known: nobody is late
        now = timezone.now()
        add_period(PeriodKind.GARDE, begins=now - timedelta(hours=1), ends=now + timedelta(hours=1), by=None)
        self.assertEqual(self.numbers()[1], "late")
        self.assertContains(self.look(), "en retard")

    def test_a_personal_mailbox_is_nobody_elses_and_is_not_counted(self) -> None:
        own = open_box(
            "claire.moulin@officine-test.mssante.fr", kind=MailboxKind.PER, owner=self.claire, by=None
        )
        self.receive(letter(), box=own)

        self.assertEqual(self.numbers()[0], ["0", "0"])

    def test_it_says_that_numbers_are_too_small_when_the_mailbox_is_not_read(self) -> None:
        for changes, told in (
            ({"last_ok_at": timezone.now() - timedelta(minutes=6)}, False),
            ({"fetch_fault": "refused"}, True),
            ({"fetch_fault": "", "state": MailboxState.PAUSED}, True),
            ({"state": MailboxState.ACTIVE, "last_ok_at": timezone.now() - timedelta(minutes=20)}, True),
        ):
            Mailbox.objects.update(**changes)
            with self.subTest(changes):
                self.assertEqual("Messages non relevés depuis" in self.look().content.decode(), told)

    def test_a_wrong_or_revoked_link_looks_like_any_absent_page(self) -> None:
        absent = self.wall.get(page("display", "x" * 32))
        self.assertEqual(absent.status_code, 404)
        Display.objects.update(revoked_at=timezone.now())
        self.assertEqual(self.look().status_code, 404)
        self.assertEqual(self.look(chiffres="").content, absent.content)

    def test_hugos_house_does_not_know_the_link(self) -> None:
        self.assertEqual(Browser("gare.localhost").get(page("display", self.token)).status_code, 404)

    def test_it_keeps_nothing_in_the_browser_and_tells_nobody_its_address(self) -> None:
        seen = self.look()
        self.assertEqual(dict(seen.cookies), {})
        self.assertEqual(seen["Referrer-Policy"], "no-referrer")
        self.assertEqual(seen["X-Robots-Tag"], "noindex, nofollow")
        self.assertEqual(seen["Cache-Control"], "no-store")
        self.assertContains(seen, '<meta http-equiv="refresh" content="15">')
        self.assertEqual(self.wall.post(page("display", self.token)).status_code, 405)
        self.assertIsNotNone(Display.objects.get().seen_at)

    def test_who_asks_too_often_waits(self) -> None:
        with patch("portal.web.public.display.ASKED", Limit("display-test", 2, timedelta(minutes=1))):
            self.assertEqual([self.look().status_code for _ in range(3)], [200, 200, 429])

    def test_an_age_is_said_as_people_say_it(self) -> None:
        nbsp = "\N{NO-BREAK SPACE}"
        for minutes, words in ((0, "moins d’une minute"), (12, f"12{nbsp}min"), (65, f"1{nbsp}h{nbsp}05")):
            self.assertEqual(age(timedelta(minutes=minutes)), words)
        self.assertEqual(
            (age(timedelta(hours=30)), age(timedelta(days=3))), (f"1{nbsp}jour", f"3{nbsp}jours")
        )


class InTheConsole(ConsoleTestCase):
    def add(self, name: str = "Comptoir") -> Any:
        return self.as_nadia.post(console("displays"), {"name": name}, follow=True)

    def link(self, seen: Any) -> str:
        found = re.search(r'<p class="link-text" id="link">http://[^/]+([^<]+)</p>', seen.content.decode())
        assert found
        return found[1]

    def test_nadia_adds_a_screen_and_sees_its_link_until_it_is_where_it_belongs(self) -> None:
        self.assertContains(self.as_nadia.get(console("displays")), 'value="Écran 1"')
        link = self.link(self.add())

        self.assertEqual(Browser().get(link).status_code, 200)
        self.assertNotIn(link.split("/")[2], Display.objects.get().digest)
        self.assertContains(self.as_nadia.get(console("displays")), link)
        seen = self.as_nadia.post(console("display_shown"), follow=True)
        self.assertNotContains(seen, link)
        self.assertContains(self.add(), "porte déjà ce nom", status_code=422)
        self.assertEqual(self.as_nadia.post(console("displays"), {"name": " "}).status_code, 422)

    def test_a_link_that_went_astray_is_renewed_and_a_screen_is_taken_away(self) -> None:
        first = self.link(self.add())
        display = Display.objects.get()
        second = self.link(self.as_nadia.post(console("display_renew", display.pk), follow=True))
        self.assertEqual([Browser().get(each).status_code for each in (first, second)], [404, 200])

        self.as_nadia.post(console("display_revoke", display.pk))
        self.assertEqual(Browser().get(second).status_code, 404)
        self.assertContains(self.as_nadia.get(console("displays")), "Aucun écran n’est en service")
        for act in ("display_renew", "display_revoke"):
            self.assertEqual(self.as_nadia.post(console(act, display.pk)).status_code, 404)
        events = Entry.objects.filter(object_id=display.pk).order_by("n").values_list("event", flat=True)
        self.assertEqual(list(events), [Event.DISPLAY_ADD, Event.DISPLAY_RENEW, Event.DISPLAY_REVOKE])
