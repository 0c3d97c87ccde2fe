"""Play a prescription's whole way against the running demo, as people do: by its pages, its forms and its mail."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scripts import demo, pictures
from scripts.people import Person, StepFailed, until
from scripts.visitor import Visitor

TO_DO, JOURNAL = "/equipe/a-traiter/", "/console/journal/"
ANSWER = "Bonjour,\n\nVotre ordonnance sera prête à 18 h. Apportez l’original.\n\nClaire Moulin, pharmacienne"
SOLEIL = "soleil.localhost"
FORM = "/ordonnance/"
QUICKEST = 4.0  # seconds: who fills in a form faster is taken for a program
REQUEST = {
    "birth_name": "BERNARD",
    "first_name": "Lucie",
    "birth_date": "02/09/1988",
    "phone": "06 39 98 12 34",  # kept free for fiction (ARCEP)
    "when": "asap",
    "consent": "on",
}
REFERENCE = re.compile(r"\d{4}[\s\u00a0\u202f-]?\d{4}[\s\u00a0\u202f-]?\d{4}")


@dataclass
class Tour:
    """One run: who is at which keyboard, what they work on, and how long each step took."""

    port: int
    sandbox: Path  # the stand-in operator's folder
    began: float = field(default_factory=time.monotonic)
    conversation: str = ""
    patient: str = ""

    def __post_init__(self) -> None:
        self.karim, self.claire, self.nadia = (
            Person(Visitor(self.port, SOLEIL), name) for name in ("karim", "claire", "nadia")
        )

    def play(self, title: str, step: Callable[[], str]) -> None:
        """Do one step and say what came of it. Raises StepFailed."""
        start = time.monotonic()
        found = step()
        took = time.monotonic() - start
        print(f"  {time.monotonic() - self.began:5.1f} s  {title:<46} {took:5.1f} s  {found}", flush=True)

    def play_all(self) -> None:
        """Raises StepFailed at the first step that does not come out."""
        self.play("Karim, Claire and Nadia sign in", self.people_sign_in)
        self.play("A patient writes", self.patient_writes)
        self.play("The team sees it", self.it_is_shown)
        self.play("Karim takes it in charge", self.karim_takes_it)
        self.play("Karim prepares the prescription", self.karim_prepares)
        self.play("Claire controls it", self.claire_controls)
        self.play("Claire answers", self.claire_answers)
        self.play("The answer is delivered", self.it_is_delivered)
        self.play("Karim hands it over", self.karim_hands_over)
        self.play("Another patient fills in the form on a phone", self.patient_fills_in_the_form)
        self.play("It comes to the team, and is followed", self.request_is_there)
        self.play("Nadia reads the journal", self.nadia_reads_the_journal)

    # --- The steps, in order --------------------------------------------------------------------------------

    def people_sign_in(self) -> str:
        for person in (self.karim, self.claire, self.nadia):
            person.sign_in()
        return "password, code, session"

    def patient_writes(self) -> str:
        from datetime import datetime
        from zoneinfo import ZoneInfo

        from portal.mail.faults import TransportFault
        from sandbox.arrivals import NotTaken, patient_writes

        self.known = set(self.karim.conversations(TO_DO))
        try:
            arrival = patient_writes(self.sandbox, datetime.now(ZoneInfo("Europe/Paris")))
        except (TransportFault, NotTaken, OSError) as error:
            raise StepFailed(
                f"the operator took nothing ({error}); is it down? See the front page"
            ) from error
        self.patient = arrival.sender
        return "a photo, from Mon espace santé"

    def it_is_shown(self) -> str:
        def arrived() -> bool:
            fresh = [url for url in self.karim.conversations(TO_DO) if url not in self.known]
            self.conversation = next(
                (url for url in fresh if self.karim.reads(url, "Mon ordonnance du Dr Petit")), ""
            )
            return bool(self.conversation)

        until(arrived, 60, "the patient's message did not come into the list")
        return "in the list, opened"

    def karim_takes_it(self) -> str:
        self.karim.submit(self.conversation, f"{self.conversation}attribuer/")
        self.karim.expect(self.conversation, "Karim a pris en charge")
        return "his name stands on it"

    def karim_prepares(self) -> str:
        self.karim.act_on_prescription(self.conversation, "start")
        self.karim.act_on_prescription(self.conversation, "prepared")
        self.karim.expect(self.conversation, "Un pharmacien doit la contrôler")
        return "and may not control it himself"

    def claire_controls(self) -> str:
        self.claire.act_on_prescription(self.conversation, "control")
        return "by another person than who prepared"

    def claire_answers(self) -> str:
        self.claire.answer(self.conversation, ANSWER)
        return "eight seconds to change one's mind"

    def it_is_delivered(self) -> str:
        def delivered() -> bool:
            if self.claire.reads(self.conversation, "Non remis"):
                raise StepFailed("the operator reports that the answer was not delivered")
            return self.claire.reads(self.conversation, "Remis à")

        until(delivered, 90, "the operator's report did not mark the answer as delivered")
        from sandbox.letters import read

        if "prête à 18 h" not in read(self.sandbox, self.patient):
            raise StepFailed("the answer is marked as delivered, but the patient's mailbox does not hold it")
        return "report received, and the patient has it"

    def karim_hands_over(self) -> str:
        self.karim.act_on_prescription(self.conversation, "ready")
        self.karim.act_on_prescription(self.conversation, "hand-over", evidence="original")
        return "once the original was seen"

    def patient_fills_in_the_form(self) -> str:
        from sandbox.arrivals import a_photo

        self.at_home = Visitor(self.port, SOLEIL)
        self.known = set(self.karim.conversations(TO_DO))
        page = self.at_home.get(FORM)
        if 'type="file"' not in page.text:
            raise StepFailed("the pharmacy's form is closed; Nadia opens it in the console")
        time.sleep(QUICKEST)
        fields = page.hidden(within=FORM) | REQUEST
        answer = self.at_home.post_file(
            FORM, fields, name="pages", file=("page 1.jpg", a_photo()), token_from=FORM
        )
        if answer.status != 302:
            raise StepFailed(f"the form was not taken ({answer.status})")
        receipt = self.at_home.get(answer.headers["Location"]).text
        found = REFERENCE.search(receipt)
        if found is None:
            raise StepFailed("the receipt shows no reference")
        return f"receipt {found[0]}"

    def request_is_there(self) -> str:
        until(
            lambda: bool(set(self.karim.conversations(TO_DO)) - self.known),
            30,
            "the request did not come into the list",
        )
        if 'class="stage' not in self.at_home.get(f"{FORM}suivi/").text:
            raise StepFailed("the patient's page does not follow the request")
        return "the patient follows it on a page"

    def nadia_reads_the_journal(self) -> str:
        page = self.nadia.visitor.get(JOURNAL).text
        wanted = ("Ordonnance remise", "Ordonnance contrôlée", "Karim Belkacem", "Claire Moulin")
        missing = [words for words in wanted if words not in page]
        if missing:
            raise StepFailed(f"the journal does not show {', '.join(missing)}")
        if "intactes" not in page:
            raise StepFailed("the journal does not say that its entries are intact")
        return "each act, with its name"


def run(folder: Path) -> int:
    """The whole tour; starts a demo when none runs, and stops what it started. 0 when every step went well."""
    started = not demo.address()
    if started and demo.start(detach=True):
        return 1
    try:
        return _play(folder)
    except StepFailed as error:
        print(f"\nFAILED: {error}", file=sys.stderr)
        return 1
    finally:
        if started:
            demo.stop()


def _play(folder: Path) -> int:
    address = demo.address()
    tour = Tour(int(address.rpartition(":")[2]), demo.sandbox_folder())
    print(f"A prescription's way, at {address}\n")
    tour.play_all()
    if missing := pictures.why_not():
        print(f"\nNo pictures: {missing}.")
    else:
        tour.play("Pictures", lambda: pictures.take(address, tour.conversation, folder))
    print(f"\nAll of it in {time.monotonic() - tour.began:.0f} s. Look around: {address}")
    return 0
