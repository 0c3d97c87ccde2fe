"""Every POST of the console: whatever changes somebody's access or takes data out asks for both factors again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.urls import reverse

from portal.audit.models import Entry
from portal.mailboxes.models import Mailbox
from portal.team.models import User
from tests.browsing import signed_in
from tests.mailboxes.boxes import open_box
from tests.test_permissions import addresses
from tests.web.console_case import ConsoleTestCase, console

# What one may do with a proof that is no longer fresh: it opens nothing to anybody, and can be taken back.
PLAIN = {
    "console_link": "says that the link is handed over",
    "console_fetch": "reads the mailbox now",
    "console_probe": "tries the connection",
    "console_mailbox_search": "looks servers up",
    "console_mailbox_pause": "stops the mailbox for a while",
    "console_mailbox_resume": "starts it again",
    "console_start_trial": "writes a message to oneself",
    "console_details": "address and telephone of the public page",
    "console_hours": "opening hours",
    "console_holidays": "which public holidays are kept",
    "console_calendar": "closures and gardes",
    "console_period_remove": "a closure or a garde less",
    "console_answers": "words that are sent by themselves, to who wrote",
    "console_signature": "words under what the pharmacy sends",
    "console_alerts": "after how many minutes people are told, and who besides",
    "console_displays": "the link of a screen on the wall, which counts and shows nothing else",
    "console_display_shown": "the code of a link that was made just now",
    "console_display_renew": "another link for that screen",
    "console_display_revoke": "a screen that counts no more",
    "console_absence": "when somebody is away",
    "console_absence_remove": "an absence less",
    "console_labels": "words of the team",
    "console_label": "words of the team",
    "console_label_delete": "words of the team",
    "console_unblock": "messages that come back into the lists",
    "console_templates_start": "words of the team, that wait for a pharmacist",
    "console_template": "words of the team",
    "console_template_new": "words of the team",
    "console_template_delete": "words of the team",
    "console_templates_approve": "words that somebody read and approves",
    "console_form": "the notice of the form",
    "console_form_open": "opens the form",
    "console_form_close": "closes the form",
}


class EveryPost(ConsoleTestCase):
    box: Mailbox

    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        self.ids = {"person_id": self.karim.pk, "mailbox_id": self.box.pk}

    def posts(self) -> dict[str, Any]:
        """What each address of the console answers to an empty POST, as Nadia, five minutes after her proof."""
        found = {}
        for pattern in addresses("portal.urls"):
            name = str(pattern.name)
            if name.startswith("console_"):
                values = {each: self.ids.get(each, uuid4()) for each in pattern.pattern.converters}
                found[name] = self.as_nadia.post(reverse(name, kwargs=values, urlconf="portal.urls"))
        return found

    def test_each_asks_again_or_is_known_to_need_no_proof(self) -> None:
        answers = self.posts()
        asks = {name for name, answer in answers.items() if b'name="proof_code"' in answer.content}
        reads = {name for name, answer in answers.items() if answer.status_code == 405}

        self.assertEqual(set(answers) - asks - reads, set(PLAIN))
        self.assertGreaterEqual(len(asks), 10)

    def test_unproved_they_change_nothing(self) -> None:
        before = list(User.objects.order_by("pk").values())
        entries = Entry.objects.count()

        for name, answer in self.posts().items():
            with self.subTest(name):
                if b'name="proof_code"' in answer.content:
                    self.assertIn(answer.status_code, (403, 422))

        self.assertEqual(list(User.objects.order_by("pk").values()), before)
        written = set(Entry.objects.filter(n__gt=entries).values_list("event", flat=True))
        self.assertFalse({each for each in written if each.startswith(("team:", "journal:export"))})

    def test_a_wrong_code_is_written_down_and_changes_nothing(self) -> None:
        wrong = {"proof_password": "non", "proof_code": "000000", "role": "etudiant"}
        path = reverse("console_role", kwargs={"person_id": self.karim.pk}, urlconf="portal.urls")

        self.assertEqual(self.as_nadia.post(path, wrong).status_code, 422)

        self.karim.refresh_from_db()
        self.assertEqual(self.karim.role, "preparateur")
        self.assertEqual(Entry.objects.latest("n").event, "account:proof-failed")


class EveryAct(ConsoleTestCase):
    """Whoever reads the journal finds each act of the console under the name of who did it."""

    def test_each_is_in_the_journal_under_nadias_name(self) -> None:
        signed_in(self.claire, self.soleil)  # she came in once: the responsibility can be hers
        box = open_box()
        person, other, mailbox = [self.karim.pk], [self.claire.pk], [box.pk]
        lea = {"display_name": "Léa Fontaine", "sign_in_name": "lea", "role": "etudiant"}
        for name, about, typed, event in (
            ("role", person, {"role": "etudiant"}, "team:change-role"),
            ("last_day", person, {"last_day": "2099-12-31"}, "team:last-day"),
            ("email", person, {"email": "karim@exemple.fr"}, "team:email"),
            ("invite", [], lea, "team:invite"),
            ("access", person, {}, "team:reset-access"),
            ("deactivate", person, {}, "team:deactivate"),
            ("fetch", mailbox, {}, "mailbox:fetch-ask"),
            ("mailbox_pause", mailbox, {}, "mailbox:stop"),
            ("mailbox_resume", mailbox, {}, "mailbox:resume"),
            ("hours", [], {"j0o1": "08:30", "j0f1": "19:00"}, "pharmacy:hours"),
            ("journal_export", [], {}, "journal:export"),
            ("transfer", other, {}, "team:transfer-responsibility"),
        ):
            with self.subTest(name):
                before = Entry.objects.latest("n").n if Entry.objects.exists() else 0
                self.assertLess(self.post(console(name, *about), typed).status_code, 400)
                written = Entry.objects.filter(n__gt=before, event=event)
                self.assertEqual(list(written.values_list("actor", flat=True)), [self.nadia.pk])
