"""A patient writes and is answered, a doctor's paper is shown, a stranger of the other pharmacy sees nothing."""

from __future__ import annotations

import unittest
from functools import partial

import pytest

from portal.conversations.models import Attachment, Conversation, Message
from portal.inbound.models import RawMessage
from portal.lib.ids import uuid7
from portal.outbound.models import Delivery, Draft
from portal.team.models import User
from sandbox.people import DOCTOR, PATIENT
from tenants.context import inside
from tests.documents.files import pdf
from tests.inbound.letters import letter
from tests.journeys.patience import wait_for
from tests.journeys.stage import JourneyTestCase, unreadable
from tests.journeys.stations import held, write
from tests.journeys.visitor import Page, Visitor
from tests.servers.peers import real_peer, real_peer_missing, sandbox_peer

TO_DO = "/equipe/a-traiter/"
ABSENT = (404, 405)  # what only a POST may ask for says so to everybody
JPEG = b"\xff\xd8\xff"


@pytest.mark.journey
class Journeys:
    """What happens alike with every operator."""

    def setUp(self) -> None:
        super().setUp()
        self.at_counter = self.visitor(self.claire)

    def test_a_patients_question_is_answered_and_the_answer_proved_delivered(self) -> None:
        write(
            self.peer,
            letter(f"Léa Durand <{PATIENT}>", "Mon ordonnance", "Avez-vous mon sirop ?"),
            sender=PATIENT,
        )
        self.shown(self.at_counter, TO_DO, "Mon ordonnance")
        url = self.at_counter.seen[-1].links(r"/equipe/echange/[0-9a-f-]{36}/")[0]
        self.assertIn("Avez-vous mon sirop", self.at_counter.get(url).text)

        self.take_in_charge(url)
        self.save_and_send(url, "Oui, il vous attend au comptoir.")

        self.shown(self.at_counter, url, "Part dans")
        self.shown(self.at_counter, url, "Remis")
        (answer,) = [raw for raw in held(self.peer, PATIENT) if b"In-Reply-To" in raw]
        self.assertIn(b'From: "Pharmacie du Soleil"', answer)
        self.assertIn(b"X-MSS-NIL:", answer)
        delivery = Delivery.objects.get()
        self.assertEqual((delivery.state, delivery.recipients.get().state), ("sent", "delivered"))

    def test_the_paper_of_a_doctor_is_shown_as_a_picture_by_the_content_host(self) -> None:
        raw = letter(
            f"Dr Petit <{DOCTOR}>",
            "Sortie de M. Lambert",
            files={"ordonnance.pdf": ("application/pdf", pdf(2))},
        )
        write(self.peer, raw, sender=DOCTOR)
        self.shown(self.at_counter, TO_DO, "Sortie de M. Lambert")
        url = self.at_counter.seen[-1].links(r"/equipe/echange/[0-9a-f-]{36}/")[0]

        pictures = self.at_counter.get(url).links(r"http://contenu\.soleil\.localhost[^\"]*/page/[^\"]+")
        stranger = Visitor(self.house.port, "contenu.soleil.localhost")
        page = stranger.get(pictures[0])

        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "image/jpeg"))
        self.assertTrue(page.body.startswith(JPEG))
        self.assertNotIn("Set-Cookie", page.headers)
        self.assertIn("sandbox", page.headers["Content-Security-Policy"])
        self.assertEqual(stranger.get(pictures[0] + "x").status, 404)
        self.assertEqual(
            Visitor(self.house.port, "contenu.gare.localhost").get(path_of(pictures[0])).status, 404
        )

    def take_in_charge(self, url: str) -> None:
        form = self.at_counter.get(url).hidden(within=f"{url}attribuer/")
        self.assertEqual(self.at_counter.post(f"{url}attribuer/", form, token_from=url).status, 302)
        self.assertIn("a pris en charge", self.at_counter.get(url).text)

    def save(self, url: str, words: str) -> dict[str, str]:
        """The fields of the composer once these words are saved in it."""
        form = self.at_counter.get(url).hidden(within=f"{url}repondre/") | {"body": words}
        saved = self.at_counter.post(f"/equipe/brouillon/{form['draft']}/enregistrer/", form, token_from=url)
        self.assertEqual(saved.status, 302)
        return self.at_counter.get(url).hidden(within=f"{url}repondre/") | {"body": words}

    def save_and_send(self, url: str, words: str) -> None:
        form = self.save(url, words)
        self.assertEqual(self.at_counter.post(f"{url}repondre/", form, token_from=url).status, 302)


class OnTheSandbox(Journeys, JourneyTestCase):
    start = partial(sandbox_peer)

    def test_a_stranger_of_the_other_pharmacy_finds_nothing_anywhere(self) -> None:
        raw = letter(
            f"Dr Petit <{DOCTOR}>", "Confidentiel", files={"ordonnance.pdf": ("application/pdf", pdf(1))}
        )
        write(self.peer, raw, sender=DOCTOR)
        write(self.peer, unreadable("Illisible"), sender=DOCTOR)
        self.shown(self.at_counter, TO_DO, "Confidentiel")
        url = self.at_counter.seen[-1].links(r"/equipe/echange/[0-9a-f-]{36}/")[0]
        self.save_and_send(url, "Bien reçu.")
        wait_for(lambda: RawMessage.objects.filter(state="quarantined").exists(), what="one is unreadable")
        self.save(url, "Et encore ceci.")
        hugo = self.hugo()

        for path, theirs in self.ids().items():
            with self.subTest(path=path):
                there, nowhere = path.format(theirs), path.format(uuid7())
                self.assertEqual(self.said(hugo.get(there)), self.said(hugo.get(nowhere)))
                self.assertIn(hugo.seen[-1].status, ABSENT)
                posts = [hugo.post(each, {"version": "1"}, token_from=TO_DO) for each in (there, nowhere)]
                self.assertEqual(self.said(posts[0]), self.said(posts[1]))
                self.assertTrue(posts[0].status in ABSENT or posts[0].headers.get("Location") == "/equipe/")

    def test_a_session_of_one_pharmacy_is_nobody_at_the_other(self) -> None:
        hugo = self.hugo()
        self.assertEqual(hugo.get(TO_DO).status, 200)

        hugo.cookies["soleil.localhost"] = hugo.cookies["gare.localhost"]
        there = hugo.get(f"http://soleil.localhost:{self.house.port}{TO_DO}")

        self.assertEqual(there.status, 302)
        self.assertIn("/equipe/connexion", there.headers["Location"])

    def hugo(self) -> Visitor:
        with inside(self.gare):
            return self.visitor(User.objects.get(sign_in_name="hugo"), self.gare)

    def said(self, page: Page) -> tuple[int, bytes, str]:
        return page.status, page.body, page.headers.get("Location", "")

    def ids(self) -> dict[str, object]:
        """Every address with an id in it, and an id of Soleil's that is good there."""
        echange, piece = Conversation.objects.latest("pk").pk, Attachment.objects.latest("pk").pk
        message, draft = Message.objects.latest("pk").pk, Draft.objects.get(state="open").pk
        delivery = Delivery.objects.latest("pk").pk
        raw = RawMessage.objects.get(state="quarantined").pk
        return (
            {
                f"/equipe/echange/{{}}/{act}": echange
                for act in ("", "attribuer/", "terminer/", "rouvrir/", "repondre/")
            }
            | {f"/equipe/piece/{{}}/{act}": piece for act in ("", "telecharger/")}
            | {"/equipe/message/{}/original/": message, "/equipe/echange/{}/noter/": echange}
            | {f"/equipe/brouillon/{{}}/{act}": draft for act in ("", "jeter/", "reprendre/")}
            | {f"/equipe/envoi/{{}}/{act}": delivery for act in ("", "annuler/", "recrire/", "decider/")}
            | {f"/equipe/illisible/{{}}/{act}": raw for act in ("", "telecharger/", "relire/", "ecarter/")}
        )


@unittest.skipIf(real_peer_missing(), real_peer_missing())
class OnDovecotAndPostfix(Journeys, JourneyTestCase):
    start = partial(real_peer, by_certificate=True)


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]
