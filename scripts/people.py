"""People at their keyboards in the demo: they sign in, read, press what a page offers, and write answers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from scripts.visitor import Page, Visitor

PASSWORD = os.environ.get("DEMO_PASSWORD", "Tournesol-de-nuit-42")
CODE = re.compile(r'class="demo-code">.*?<b>(\d{6})</b>')
CONVERSATION = r"/equipe/echange/[0-9a-f-]{36}/"
PRESCRIPTION = re.compile(r'action="(/equipe/ordonnance/[0-9a-f-]{36}/)"')
SEER = re.compile(r'<select[^>]*name="seen_by">\s*<option value="([^"]+)"')
PATIENCE = 65  # seconds: a code is good once, so that a third one within half a minute waits for the next


class StepFailed(Exception):
    """A step did not come out as it should; the message says which, and what was there instead."""


def until(look: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Look again and again. Raises StepFailed after `seconds`."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise StepFailed(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.3)


@dataclass
class Person:
    """Somebody of Pharmacie du Soleil."""

    visitor: Visitor
    name: str

    def sign_in(self) -> None:
        """By password, then by the code that the demonstration shows."""
        until(self._came_in, PATIENCE, f"{self.name} could not sign in")

    def conversations(self, url: str) -> list[str]:
        """The addresses that a list shows, newest first."""
        return list(
            dict.fromkeys(
                found.partition("?")[0] for found in self._page(url).links(CONVERSATION + r"[^\"]*")
            )
        )

    def reads(self, url: str, words: str) -> bool:
        return words in self._page(url).text

    def expect(self, url: str, words: str) -> None:
        """Raises StepFailed unless the page says so."""
        if not self.reads(url, words):
            raise StepFailed(f"{self.name} does not read « {words} »")

    def submit(self, page: str, action: str, **fields: str) -> None:
        """Press the button of the form that posts to `action`. Raises StepFailed when it is not taken."""
        shown = self._page(page)
        if f'action="{action}"' not in shown.text:
            raise StepFailed(f"{self.name} has no form for {_path(action)}")
        self._post(action, shown.hidden(within=action) | fields, page)

    def act_on_prescription(self, conversation: str, act: str, **said: str) -> None:
        """The one act that comes next. Raises StepFailed when it is another one, or not this person's."""
        shown = self._page(conversation)
        found = PRESCRIPTION.search(shown.text)
        fields = shown.hidden(within=found[1]) if found else {}
        if found is None or fields.get("act") != act:
            raise StepFailed(f"{self.name} is not offered « {act} », but « {fields.get('act', 'nothing')} »")
        if seer := SEER.search(shown.text):
            said["seen_by"] = seer[1]
        self._post(found[1], fields | said, conversation)

    def answer(self, conversation: str, words: str) -> None:
        """Save the words, then send them, as the two buttons of the composer do."""
        send = f"{conversation}repondre/"
        fields = self._page(conversation).hidden(within=send) | {"body": words}
        self._post(f"/equipe/brouillon/{fields['draft']}/enregistrer/", fields, conversation)
        self._post(send, self._page(conversation).hidden(within=send) | {"body": words}, conversation)

    def _came_in(self) -> bool:
        answer = self.visitor.post("/equipe/connexion", {"name": self.name, "password": PASSWORD})
        if answer.status != 302:
            raise StepFailed(f"{self.name} was refused at the password ({answer.status})")
        page = self.visitor.get("/equipe/code").text
        code = CODE.search(page)
        if code is None:
            raise StepFailed("the page does not show the code of the moment; is this the demonstration?")
        return self.visitor.post("/equipe/code", {"code": code[1]}).status == 302

    def _page(self, url: str) -> Page:
        page = self.visitor.get(url)
        if page.status != 200:
            raise StepFailed(f"{self.name} asked for {_path(url)}: {page.status}")
        return page

    def _post(self, action: str, fields: dict[str, str], page: str) -> None:
        answer = self.visitor.post(action, fields, token_from=page)
        if answer.status not in (200, 302):
            raise StepFailed(f"{self.name} was refused at {_path(action)}: {answer.status}")


def _path(url: str) -> str:
    """An address without its ids."""
    return re.sub(r"[0-9a-f-]{36}", "…", url)
