"""The directory in the composer, and a first message that is confirmed: nothing is learned from typos."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management import CommandError
from django.utils import timezone
from django.utils.formats import date_format

from portal.directory.models import Load, TrustedDomain
from portal.directory.whitelist import replace_whitelist
from portal.house.actions import set_details
from portal.outbound.acquaintances import SETTLED
from portal.outbound.models import Draft, Recipient, RecipientState
from tenants.context import inside
from tenants.fences import OWNER
from tests.directory.files import MARTIN, PAUL, SOPHIE, load
from tests.inbound.letters import LEA
from tests.outbound.stage import trust
from tests.web.inbox_case import CommittingInboxTestCase, fields_of, page, queued

TYPO = "sophie.marten@medecin-test.mssante.fr"
PICKED = f"Dr Sophie MARTIN <{MARTIN}>"
FIRST = "Premier message"


class DirectoryTestCase(CommittingInboxTestCase):
    def setUp(self) -> None:
        super().setUp()
        trust("medecin-test.mssante.fr", "chu-test.mssante.fr")
        load([SOPHIE, PAUL])
        self.fields = fields_of(self.as_claire.get(page("compose")))
        self.url = page("directory", self.fields["draft"])

    def send(self, to: str, **said: Any) -> Any:
        """A new message by Claire, from a fresh page."""
        fields = fields_of(self.as_claire.get(page("compose")))
        data = {**fields, "to": to, "subject": "Question", "body": "Bonjour docteur.", **said}
        return self.as_claire.post(page("send", fields["draft"]), data)

    def sent(self) -> int:
        return len(queued())


class Finding(DirectoryTestCase):
    def test_typing_a_name_shows_who_it_is_where_and_what_they_do(self) -> None:
        response = self.as_claire.htmx("post", self.url, {"to": "mart"})

        for words in (
            "Dr Sophie MARTIN",
            "Médecin, Médecine Générale",
            "CABINET DU MARCHE",
            "58000 NEVERS",
            MARTIN,
        ):
            self.assertContains(response, words)
        self.assertContains(response, "CHU DE DIJON")
        self.assertContains(response, 'role="option"', count=2)
        self.assertFalse(Draft.objects.exists())

    def test_the_words_after_the_last_comma_are_looked_for_and_those_before_are_told(self) -> None:
        response = self.as_claire.htmx("post", self.url, {"to": f"{PICKED}, {TYPO}, x@gmail.com, paul"})

        self.assertContains(response, 'role="option"', count=1)
        self.assertContains(response, "Dr Paul MARTIN")
        self.assertContains(response, "absente de l’annuaire", count=1)
        self.assertContains(response, "hors de l’espace de confiance", count=1)

    def test_nothing_is_said_of_an_address_that_may_go_on(self) -> None:
        for to in (f"{PICKED}, x@gmail.co", f"{PICKED}, {TYPO[:-1]}"):
            self.assertNotContains(self.as_claire.htmx("post", self.url, {"to": to}), "l’espace de confiance")
        self.assertContains(self.as_claire.htmx("post", self.url, {"to": MARTIN}), "Dr Sophie MARTIN")

    def test_those_near_the_pharmacy_come_first(self) -> None:
        for address, first in (
            ("1 rue de Dijon, 21000 Dijon", "Paul"),
            ("12 rue des Tests, 58000 Nevers", "Sophie"),
        ):
            set_details(address=address, phone="", by=self.nadia)
            content = self.as_claire.htmx("post", self.url, {"to": "martin"}).content.decode()
            self.assertLess(
                content.index(f"Dr {first}"), max(content.index("Dr Paul"), content.index("Dr Sophie"))
            )

    def test_who_wrote_is_offered_first_also_when_the_directory_does_not_know_them(self) -> None:
        self.received("Dr Marthe Absente <marthe@medecin-test.mssante.fr>")
        self.received(f"Sophie <{MARTIN}>")
        content = self.as_claire.htmx("post", self.url, {"to": "mart"}).content.decode()

        self.assertLess(content.index("Dr Sophie MARTIN"), content.index("Dr Marthe Absente"))
        self.assertLess(content.index("Dr Marthe Absente"), content.index("Dr Paul MARTIN"))
        self.assertEqual((content.count("A déjà écrit"), content.count('role="option"')), (2, 3))
        with inside(self.gare):
            url = page("directory", fields_of(self.hugo().get(page("compose")))["draft"])
        self.assertNotContains(self.hugo().htmx("post", url, {"to": "marthe"}), "Absente")

    def test_nobody_found_and_nothing_loaded_are_said_and_a_number_is_not_looked_for(self) -> None:
        self.assertContains(self.as_claire.htmx("post", self.url, {"to": "zzyzx"}), "Personne de ce nom")
        for number in ("279035121518989", "2 79 03 51 215 189", "m"):
            self.assertNotContains(self.as_claire.htmx("post", self.url, {"to": number}), "role=")
        Load.objects.using(OWNER).all().delete()
        self.assertContains(self.as_claire.htmx("post", self.url, {"to": "martin"}), "pas encore chargé")

    def test_without_scripts_a_button_searches_and_another_picks_and_nothing_typed_is_lost(self) -> None:
        data = {**self.fields, "to": "mart", "subject": "Posologie", "body": "Bonjour"}
        found = self.as_claire.post(self.url, data)
        self.assertContains(found, f'value="{PICKED}"'.replace("<", "&lt;").replace(">", "&gt;"))
        self.assertContains(found, "Bonjour</textarea>")

        chosen = self.as_claire.post(self.url, {**data, **fields_of(found), "pick": PICKED})

        self.assertContains(chosen, f'value="{PICKED}, "'.replace("<", "&lt;").replace(">", "&gt;"))
        self.assertContains(chosen, 'value="Posologie"')
        self.assertEqual(Draft.objects.get().recipients, [PICKED])

    def test_what_is_no_address_is_not_picked_and_words_stand_in_no_address_of_a_page(self) -> None:
        response = self.as_claire.post(self.url, {**self.fields, "to": "mart", "pick": "<script>"})

        self.assertNotContains(response, "<script>,")
        self.assertEqual(self.as_claire.get(self.url, {"to": "mart"}).status_code, 405)


class FirstMessages(DirectoryTestCase):
    def test_who_was_picked_in_the_directory_is_written_to_at_once(self) -> None:
        self.assertEqual(self.send(PICKED).status_code, 302)
        self.assertEqual(queued()[0].recipients.get().address, MARTIN)

    def test_an_address_that_was_typed_is_confirmed_with_who_it_is(self) -> None:
        asked = self.send(MARTIN)

        for words in (FIRST, "Dr Sophie MARTIN", "Médecine Générale", "58000 NEVERS", "Confirmer et envoyer"):
            self.assertContains(asked, words, status_code=422)
        self.assertContains(asked, "Bonjour docteur.</textarea>", status_code=422)
        self.assertEqual(self.sent(), 0)
        self.assertEqual(self.send(MARTIN, sure=MARTIN).status_code, 302)

    def test_a_name_that_is_anothers_is_confirmed_too(self) -> None:
        self.assertContains(self.send(f"Dr Paul MARTIN <{MARTIN}>"), "Dr Sophie MARTIN", status_code=422)

    def test_one_that_is_in_no_directory_is_said_to_be_so(self) -> None:
        asked = self.send(f"{PICKED}, {TYPO}")

        self.assertContains(asked, "Absente de l’annuaire", status_code=422)
        self.assertEqual(fields_of(asked)["sure"], TYPO)
        self.assertContains(
            self.send(f"{TYPO}, autre@chu-test.mssante.fr", sure=TYPO), FIRST, status_code=422
        )

    def test_what_may_never_leave_is_refused_and_not_asked_about(self) -> None:
        for to in ("x@gmail.com", LEA, "pas une adresse"):
            self.assertNotContains(self.send(to, sure=to), FIRST, status_code=422)

    def test_a_confirmation_is_kept_when_something_else_is_asked(self) -> None:
        self.send(TYPO, sure=TYPO)
        again = self.send(TYPO, sure=TYPO)

        self.assertContains(again, "Envoyer quand même", status_code=409)
        self.assertEqual(fields_of(again)["sure"], TYPO)

    def test_a_preparateur_confirms_before_the_pharmacists_see_it(self) -> None:
        fields = fields_of(self.as_karim.get(page("compose")))
        data = {**fields, "to": TYPO, "subject": "Question", "body": "Bonjour"}

        self.assertContains(
            self.as_karim.post(page("submit", fields["draft"]), data),
            "Confirmer et soumettre",
            status_code=422,
        )
        sent = self.as_karim.post(page("submit", fields["draft"]), data | {"sure": TYPO}, follow=True)
        self.assertContains(sent, "absente de l’annuaire")

    def test_a_pharmacist_reads_who_it_goes_to_before_letting_it_leave(self) -> None:
        fields = fields_of(self.as_karim.get(page("compose")))
        data = {**fields, "to": PICKED, "subject": "Question", "body": "Bonjour"}
        self.as_karim.post(page("submit", fields["draft"]), data)

        waiting = self.as_claire.get(page("submitted", fields["draft"]))
        self.assertContains(waiting, "Médecin, Médecine Générale")
        self.assertContains(waiting, "58000 NEVERS")

    def test_who_wrote_to_the_pharmacy_is_known(self) -> None:
        self.received(f"Cabinet <{TYPO}>")

        self.assertEqual(self.send(TYPO).status_code, 302)


class TypoLearnedAsAContact(DirectoryTestCase):
    """peers: an address that was mistyped once was offered for ever."""

    def setUp(self) -> None:
        super().setUp()
        self.assertEqual(self.send(TYPO, sure=TYPO).status_code, 302)
        self.recipient = Recipient.objects.get()

    def asked_again(self) -> bool:
        response = self.send(TYPO, body=f"Autres mots {timezone.now()}")
        return FIRST in response.content.decode()

    def becomes(self, state: RecipientState, *, ago: timedelta = timedelta()) -> None:
        Recipient.objects.filter(pk=self.recipient.pk).update(state=state, decided_at=timezone.now() - ago)

    def test_a_typo_is_not_learned_as_a_contact(self) -> None:
        self.assertTrue(self.asked_again())
        for state in (RecipientState.FAILED, RecipientState.UNCERTAIN, RecipientState.ACCEPTED):
            self.becomes(state)
            with self.subTest(state):
                self.assertTrue(self.asked_again())
        for typed in ("marten", "sophie.mart"):
            self.assertNotContains(self.as_claire.htmx("post", self.url, {"to": typed}), TYPO)

    def test_it_is_known_once_it_arrived(self) -> None:
        self.becomes(RecipientState.DELIVERED)
        self.assertFalse(self.asked_again())

    def test_or_was_accepted_and_never_came_back(self) -> None:
        self.becomes(RecipientState.ACCEPTED, ago=SETTLED)
        self.assertFalse(self.asked_again())

    def test_an_answer_of_somebody_else_teaches_nothing(self) -> None:
        message = queued()[0].message
        assert message is not None
        self.received(f"Dr Sophie MARTIN <{MARTIN}>", answers=message.headers["message_id"])

        self.assertTrue(self.asked_again())


class OldLists(DirectoryTestCase):
    """The age of the white list stands beside its refusals, and in the console."""

    def refusal(self) -> str:
        return str(self.send("x@nouveau.mssante.fr").content.decode())

    def test_a_fresh_list_needs_no_word(self) -> None:
        replace_whitelist({"medecin-test.mssante.fr"}, forced=True)

        self.assertNotIn("La liste de ses domaines", self.refusal())
        console = self.browser(self.nadia).get(page("console_mailbox"))
        self.assertContains(console, "À jour", count=2)
        self.assertNotContains(console, "Prévenez qui héberge")

    def test_an_old_one_is_said_to_be_old_where_it_refuses_and_where_it_is_looked_after(self) -> None:
        replace_whitelist({"medecin-test.mssante.fr"}, forced=True)
        long_ago = timezone.now() - timedelta(days=30)
        Load.objects.using(OWNER).update(at=long_ago)
        day = date_format(timezone.localtime(long_ago), "j F Y")

        self.assertIn(f"La liste de ses domaines date du {day}", self.refusal())
        as_nadia = self.browser(self.nadia)
        for name in ("console_mailbox", "console_start"):
            console = as_nadia.get(page(name))
            self.assertContains(console, "un domaine ouvert depuis serait refusé")
            self.assertContains(console, "une boîte ouverte ou fermée depuis")

    def test_one_that_was_never_loaded_or_was_refused_is_said_too(self) -> None:
        with self.assertRaises(CommandError):
            load(b"pas un annuaire")
        TrustedDomain.objects.using(OWNER).all().delete()

        self.assertIn("n’est pas chargée", self.refusal())
        console = self.browser(self.nadia).get(page("console_mailbox"))
        self.assertContains(console, "La première ligne n’est pas celle")
        self.assertContains(console, "aucun message ne part vers un professionnel")
