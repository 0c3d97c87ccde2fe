"""Two hundred words of forty letters go through the whole house, and can be read nowhere but on its pages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings

from portal.conversations.models import Conversation
from portal.inbound.models import RawMessage, RawState
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState
from sandbox.people import DOCTOR, OFFICINES, PATIENTS, SOLEIL
from tests.documents.files import pdf
from tests.inbound.letters import letter
from tests.journeys import canaries
from tests.journeys.canaries import Letter, found_in
from tests.journeys.patience import ring, wait_for
from tests.journeys.stage import JourneyTestCase, unreadable
from tests.journeys.stations import write
from tests.journeys.visitor import Visitor
from tests.servers.peers import sandbox_peer

LETTERS = 40
# Past the size up to which a mail stays in its row.
LARGE = 100_000
CONTENT = r"http://contenu\.soleil\.localhost[^\"]*/page/[^\"]+"


@pytest.mark.journey
class Canaries(JourneyTestCase):
    start = partial(sandbox_peer)

    def own_settings(self) -> dict[str, str]:
        """The folders and logs of this house are looked through once it has stopped."""
        return {}

    def test_no_word_of_a_patient_is_left_in_database_blobs_broker_or_logs(self) -> None:
        letters, ours = canaries.letters(LETTERS), canaries.answers()
        words = [word for each in letters for word in each.words]
        self.assertEqual(len(set(words)), 200)
        self.arrive(letters, ours)
        claire = self.visitor(self.claire)

        self.read(claire, letters)
        self.answer(claire, ours)
        self.write_to_nobody(claire, ours)
        self.anchor()
        self.house.group.stop()

        words += [ours.quarantined, ours.draft, ours.reply, ours.file, ours.in_file, ours.note]
        words += [ours.subject, ours.closed, ours.unknown]
        shown = b"\n".join(page.body for page in claire.seen)
        self.assertEqual(set(words) - set(found_in(shown, words)), {ours.quarantined, ours.in_file})
        self.assertEqual(found_in(addresses(claire), words), [])
        left = {place: found for place, content in self.places() if (found := found_in(content, words))}
        self.assertEqual(left, {})

    def arrive(self, letters: list[Letter], ours: canaries.Answers) -> None:
        for number, each in enumerate(letters):
            write(self.peer, mail(each, number), sender=DOCTOR)
        write(self.peer, unreadable(ours.quarantined), sender=DOCTOR)
        filed = RawMessage.objects.filter(state=RawState.FILED)
        wait_for(lambda: filed.count() == LETTERS, what="every letter is filed")
        self.assertTrue(RawMessage.objects.exclude(path="").exists(), "none was large")

    def read(self, visitor: Visitor, letters: list[Letter]) -> None:
        """Every conversation, its pictures, and the quarantine: every word is shown to whom it is for."""
        pages = {}
        for conversation in Conversation.objects.all():
            page = visitor.get(f"/equipe/echange/{conversation.pk}/")
            pages[conversation.subject] = page
            for picture in page.links(CONTENT)[:1]:
                self.assertEqual(visitor.get(picture).status, 200)
        for each in letters:
            self.assertEqual(found_in(pages[each.subject].body, each.words), list(each.words))
        (quarantined,) = visitor.get("/equipe/quarantaine/").links(r"/equipe/illisible/[0-9a-f-]{36}/")
        self.assertEqual(visitor.get(quarantined).status, 200)
        for sought in (letters[0].subject, letters[1].body):
            asked = visitor.post("/equipe/recherche/", {"q": sought}, token_from="/equipe/a-traiter/")
            found = visitor.get(asked.headers["Location"])
            self.assertEqual(
                len(found.links(r"/equipe/echange/[0-9a-f-]{36}/[?]vue=recherche#m-[0-9a-f-]{36}")), 1
            )

    def answer(self, visitor: Visitor, ours: canaries.Answers) -> None:
        """A reply with a file to one, a note and a draft that stays to others."""
        first, second, third = [f"/equipe/echange/{each.pk}/" for each in Conversation.objects.all()[:3]]
        form = visitor.get(first).hidden(within=f"{first}repondre/") | {"body": ours.reply}
        file = (f"{ours.file}.txt", ours.in_file.encode())
        draft = f"/equipe/brouillon/{form['draft']}"
        visitor.post_file(f"{draft}/joindre/", form, name="files", file=file, token_from=first)
        form = visitor.get(first).hidden(within=f"{first}repondre/") | {"body": ours.reply}
        self.assertEqual(visitor.post(f"{first}repondre/", form, token_from=first).status, 302)
        note = visitor.get(second).hidden(within=f"{second}noter/") | {"text": ours.note}
        self.assertEqual(visitor.post(f"{second}noter/", note, token_from=second).status, 302)
        self.assertEqual(found_in(visitor.get(second).body, [ours.note]), [ours.note])
        form = visitor.get(third).hidden(within=f"{third}repondre/") | {"body": ours.draft}
        saved = visitor.post(f"/equipe/brouillon/{form['draft']}/enregistrer/", form, token_from=third)
        self.assertEqual(saved.status, 302)
        self.assertEqual(found_in(visitor.get(third).body, [ours.draft]), [ours.draft])

    def write_to_nobody(self, visitor: Visitor, ours: canaries.Answers) -> None:
        """One recipient is refused at once, one by a report that comes back; their answers quote the addresses."""
        form = visitor.get("/equipe/nouveau/").hidden()
        refused, closed = f"{ours.unknown}@{OFFICINES}", f"ferme.{ours.closed}@medecin-test.mssante.fr"
        strangers = [refused, closed, DOCTOR]
        to = ", ".join(strangers)
        said = {**form, "to": to, "subject": ours.subject, "body": "Bonjour", "sure": strangers}
        sent = visitor.post(
            f"/equipe/brouillon/{form['draft']}/envoyer/", said, token_from="/equipe/nouveau/"
        )
        self.assertEqual(sent.status, 302)
        failed = Recipient.objects.filter(state=RecipientState.FAILED)
        wait_for(lambda: failed.count() == 2, what="two recipients are told to have failed")
        sent_ones = Delivery.objects.filter(state=DeliveryState.SENT)
        wait_for(lambda: sent_ones.count() == 2, what="both messages have left")
        for conversation in Conversation.objects.filter(messages__deliveries__in=sent_ones).distinct():
            visitor.get(f"/equipe/echange/{conversation.pk}/")

    def anchor(self) -> None:
        before = anchors()
        ring("anchor")
        wait_for(lambda: anchors() != before, what="the journal's end is anchored outside")

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Wherever something was written down, and each proved to be what it says."""
        tables = dict(canaries.database())
        self.assertIn(SOLEIL.encode(), b"".join(tables.values()))
        ours = dict(canaries.folder(self.folder))
        self.assertIn(
            b"outbound.deliver_due", b"".join(content for name, content in ours.items() if "aof" in name)
        )
        self.assertGreater(len(list(self.house.logs.glob("*.log"))), 3)
        blobs = dict(canaries.folder(Path(settings.BLOB_ROOT)))
        self.assertTrue(any(str(self.soleil.pk) in name for name in blobs))
        return chain(tables.items(), ours.items(), blobs.items(), [("anchors", anchors())])


def mail(each: Letter, number: int) -> bytes:
    """A letter with its file: a text, a page to look at, or something large."""
    kind, content, ending = "text/plain", each.body.encode(), "txt"
    if number % 10 == 1:
        kind, content, ending = "application/pdf", pdf(1), "pdf"
    if number % 10 == 2:
        content += random.Random(number).randbytes(LARGE).hex().encode()
    sender = f"{each.name} <{each.ins}@{PATIENTS}>"
    files = {f"{each.file}.{ending}": (kind, content)}
    return letter(sender, each.subject, f"Bonjour {each.body}", files=files)


def addresses(visitor: Visitor) -> bytes:
    """Every address that a proxy on the way would have noted, redirects too."""
    asked = [page.url for page in visitor.seen]
    told = [value for page in visitor.seen for name, value in page.headers.items() if name != "Set-Cookie"]
    return "\n".join(asked + told).encode()


def anchors() -> bytes:
    path = Path(settings.ANCHOR_FILE)
    return path.read_bytes() if path.exists() else b""
