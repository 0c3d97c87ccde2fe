"""Subjects without the prefixes of programs, and the parents of a message."""

from __future__ import annotations

import unittest

from portal.mail.references import MOST_REFERENCES, message_ids, thread_parents
from portal.mail.subjects import display_subject, thread_subject


class TestSubjects(unittest.TestCase):
    def test_one_exchange_has_one_subject(self) -> None:
        for subject in (
            "Ordonnance à préparer",
            "Re: Ordonnance à préparer",
            "RE : Ordonnance a preparer",
            "Ré\u00a0: TR: Fwd: ORDONNANCE À PRÉPARER",
            "Réf : Re[2]: Ordonnance  à   préparer ",
            "[FIN] Ordonnance à préparer",
            "XDM/1.0/DDM+Ordonnance à préparer",
            "[KO Intégration système !][902] XDM/1.0/DDM+Ordonnance à préparer",
            "Re: [Erreur d'intégration !][902] xdm/1.0/ddm +Ordonnance à préparer",
            "Lu : Ordonnance à préparer",
        ):
            self.assertEqual(thread_subject(subject), "ordonnance a preparer", subject)

    def test_words_that_only_begin_like_a_prefix_stay(self) -> None:
        self.assertEqual(thread_subject("Retard : livraison"), "retard : livraison")
        self.assertEqual(thread_subject("Traitement de l’œil"), "traitement de l'oeil")
        self.assertEqual(thread_subject("Re: "), "")

    def test_the_prefix_of_structured_documents_is_hidden(self) -> None:
        self.assertEqual(
            display_subject("XDM/1.0/DDM+ECHOGRAPHIE CORSE 12/10/1988"), "ECHOGRAPHIE CORSE 12/10/1988"
        )
        self.assertEqual(
            display_subject("[KO Intégration !][902] XDM/1.0/DDM+CR"), "[KO Intégration !][902] CR"
        )
        self.assertEqual(display_subject("Re: XDM/1.0/DDM+CR"), "Re: CR")

    def test_a_subject_that_speaks_of_the_prefix_keeps_it(self) -> None:
        for subject in ("Que veut dire XDM/1.0/DDM+ ?", "Bonjour", ""):
            self.assertEqual(display_subject(subject), subject)


class TestReferences(unittest.TestCase):
    def test_identifiers_are_read_folded_doubled_or_without_brackets(self) -> None:
        self.assertEqual(message_ids("<a@b>\r\n <c\r\n @d> <a@b>"), ("a@b", "c@d"))
        self.assertEqual(message_ids("a@b"), ("a@b",))
        self.assertEqual(message_ids("Your message of Monday"), ())

    def test_a_long_chain_keeps_its_beginning_and_its_end(self) -> None:
        found = message_ids(" ".join(f"<{n}@x>" for n in range(500)))
        self.assertEqual((len(found), found[0], found[-1]), (MOST_REFERENCES, "0@x", "499@x"))

    def test_the_nearest_parent_comes_first(self) -> None:
        self.assertEqual(thread_parents(("c@x",), ("a@x", "b@x", "c@x")), ("c@x", "b@x", "a@x"))
        self.assertEqual(thread_parents((), ("a@x", "b@x")), ("b@x", "a@x"))
        self.assertEqual(thread_parents((), ()), ())
