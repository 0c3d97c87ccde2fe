"""The white list: loaded whole or not at all, read by every pharmacy, closed when empty."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from django.utils import timezone

from portal.directory.loads import state_of
from portal.directory.models import Load, Reference, TrustedDomain
from portal.directory.whitelist import refused_domains
from portal.directory.whitelist_file import BadWhitelist, read_whitelist
from tenants.fences import OWNER
from tests.base import CommittingPharmacyTestCase

XML = """<?xml version="1.0" encoding="UTF-8"?>
<ListeBlanche xmlns="https://listeblanche.mssante.fr/schema">
  <Domaine><Nom>Medecin.mssante.fr</Nom></Domaine>
  <Domaine><Nom>chu-lille.mssante.fr</Nom></Domaine>
</ListeBlanche>
"""


def load(content: str | bytes, **options: object) -> None:
    """Run the command as the operator of the platform does."""
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
        file.flush()
        call_command("load_whitelist", file.name, verbosity=0, **options)


class LoadingTheWhitelist(CommittingPharmacyTestCase):
    def test_without_a_list_only_patients_may_be_written_to(self) -> None:
        self.assertEqual(
            refused_domains({"medecin.mssante.fr", "patient.mssante.fr"}), {"medecin.mssante.fr"}
        )

    def test_the_xml_of_the_espace_de_confiance_is_read_by_every_pharmacy(self) -> None:
        load(XML)

        self.assertEqual(refused_domains({"medecin.mssante.fr", "gmail.com"}), {"gmail.com"})

    def test_one_domain_a_line_will_do(self) -> None:
        load("# bac à sable\nmedecin.mssante.fr\n\nlabo.mssante.fr\n")

        self.assertEqual(refused_domains({"labo.mssante.fr", "medecin.mssante.fr"}), set())

    def test_a_new_list_replaces_the_old_one(self) -> None:
        load("ancien.mssante.fr\nreste.mssante.fr\n")
        load("reste.mssante.fr\nnouveau.mssante.fr\n")

        found = set(TrustedDomain.objects.values_list("domain", flat=True))
        self.assertEqual(found, {"reste.mssante.fr", "nouveau.mssante.fr"})

    def test_a_damaged_or_empty_file_keeps_the_list_of_yesterday_and_says_so(self) -> None:
        load(XML)
        for bad in (XML[:-20], "", "<a/>", "pas un domaine\n", b"\xff\xfe\x00"):
            with self.subTest(bad=bad[:20]), self.assertRaises(CommandError) as caught:
                load(bad)
            self.assertIn("conservée", str(caught.exception))
            self.assertEqual(caught.exception.returncode, 1)
        self.assertEqual(TrustedDomain.objects.count(), 2)

    def test_a_list_that_loses_more_than_half_its_domains_must_be_forced(self) -> None:
        load("".join(f"d{n}.mssante.fr\n" for n in range(10)))

        with self.assertRaisesRegex(CommandError, "6 domaines sur les 10"):
            load("".join(f"d{n}.mssante.fr\n" for n in range(4)))
        load("d1.mssante.fr\n", force=True)

        self.assertEqual(TrustedDomain.objects.count(), 1)

    def test_how_much_a_list_may_lose_is_a_setting(self) -> None:
        load("".join(f"d{n}.mssante.fr\n" for n in range(10)))

        with self.settings(WHITELIST_MOST_LOST=10), self.assertRaisesRegex(CommandError, "2 domaines"):
            load("".join(f"d{n}.mssante.fr\n" for n in range(8)))

    def test_a_missing_file_is_no_empty_list(self) -> None:
        load(XML)

        with self.assertRaisesRegex(CommandError, "illisible"):
            call_command("load_whitelist", str(Path(tempfile.gettempdir()) / "absent.xml"))
        with self.assertRaisesRegex(CommandError, "Aucun fichier"):
            call_command("load_whitelist")
        self.assertEqual(TrustedDomain.objects.count(), 2)

    def test_its_age_is_known_and_why_a_newer_file_was_not_taken(self) -> None:
        self.assertTrue(state_of(Reference.WHITELIST).missing)
        load(XML)
        with self.assertRaises(CommandError):
            load("pas un domaine\n")

        state = state_of(Reference.WHITELIST)

        self.assertEqual((state.rows, state.old), (2, False))
        self.assertIn("pas un domaine", state.refused)
        Load.objects.using(OWNER).filter(refused="").update(at=timezone.now() - timedelta(days=8))
        self.assertTrue(state_of(Reference.WHITELIST).old)

    def test_a_pharmacy_cannot_trust_a_domain_by_itself(self) -> None:
        with self.assertRaisesRegex(ProgrammingError, "permission denied"), transaction.atomic():
            TrustedDomain.objects.create(domain="pirate.example", loaded_at="2026-01-01T00:00Z")


class HostileFiles(CommittingPharmacyTestCase):
    def test_a_document_type_is_refused_in_any_encoding(self) -> None:
        bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "medecin.mssante.fr">]><a>&b;</a>'
        for content in (bomb.encode(), bomb.replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16")):
            with self.subTest(start=content[:4]), self.assertRaises(BadWhitelist):
                read_whitelist(content)

    def test_names_of_another_namespace_do_not_count(self) -> None:
        with self.assertRaisesRegex(BadWhitelist, "aucun domaine"):
            read_whitelist(XML.replace("listeblanche.mssante.fr/schema", "ailleurs.example").encode())
