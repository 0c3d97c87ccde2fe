"""The responsible person enrols the counter's computers, and takes one out of service."""

from __future__ import annotations

from django.conf import settings

from portal.audit.models import Entry
from portal.team.models import Workstation
from portal.team.workstations import find_workstation
from tests.web.console_case import ConsoleTestCase, console

COOKIE = settings.WORKSTATION_COOKIE_NAME


class Workstations(ConsoleTestCase):
    def enrol(self, name: str = "Comptoir 1") -> Workstation:
        answer = self.post(console("workstations"), {"name": name})
        self.assertEqual(answer["Location"], f"{console('workstations')}?fait=poste")
        return Workstation.objects.get(name=name, revoked_at=None)

    def test_nadia_enrols_the_browser_in_front_of_her(self) -> None:
        self.assertContains(self.as_nadia.get(console("workstations")), 'value="Comptoir 1"')

        workstation = self.enrol()

        cookie = self.as_nadia.cookies[COOKIE]
        self.assertEqual(COOKIE, "__Host-poste")
        self.assertTrue(cookie["secure"] and cookie["httponly"])
        self.assertEqual((cookie["samesite"], cookie["path"], cookie["domain"]), ("Strict", "/", ""))
        self.assertGreater(len(cookie.value), 40)
        self.assertNotIn(cookie.value, workstation.digest)
        page = self.as_nadia.get(console("workstations"))
        self.assertContains(page, "Ce poste, enrôlé par Nadia Benali")
        self.assertNotContains(page, "Enrôler ce navigateur</button>")
        self.assertContains(page, "mon code PIN sur ce poste")  # her day here begins at once
        self.assertEqual(Entry.objects.latest("n").event, "workstation:enrol")

    def test_without_both_factors_no_browser_is_enrolled(self) -> None:
        answer = self.as_nadia.post(console("workstations"), {"name": "Comptoir 1"})
        self.assertContains(answer, "Est-ce bien vous", status_code=422)
        self.assertFalse(Workstation.objects.exists())

    def test_two_workstations_have_two_names_and_one_browser_is_one_workstation(self) -> None:
        self.enrol()
        again = self.post(console("workstations"), {"name": "Préparatoire"})
        self.assertEqual(again.status_code, 422)
        del self.as_nadia.cookies[COOKIE]
        self.assertContains(self.as_nadia.get(console("workstations")), 'value="Comptoir 2"')
        taken = self.post(console("workstations"), {"name": "Comptoir 1"})
        self.assertContains(taken, "Un autre poste porte déjà ce nom", status_code=422)

    def test_a_revoked_workstation_is_no_longer_known_and_its_name_is_free(self) -> None:
        workstation = self.enrol()
        credential = self.as_nadia.cookies[COOKIE].value
        self.assertEqual(find_workstation(credential), workstation)

        self.post(console("workstation_revoke", workstation.pk))

        self.assertIsNone(find_workstation(credential))
        self.assertEqual(Entry.objects.latest("n").event, "workstation:revoke")
        self.enrol()
        self.assertEqual(self.post(console("workstation_revoke", workstation.pk)).status_code, 404)

    def test_a_credential_of_soleil_is_nothing_at_gare(self) -> None:
        self.enrol()
        hugo = self.hugo()
        hugo.cookies[COOKIE] = self.as_nadia.cookies[COOKIE].value
        self.assertContains(hugo.get(console("workstations")), "Aucun poste n’est enrôlé")
