"""Line 14: a draft is saved while one types, and sent, by two people at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from bench.figures import Figure
from bench.web import Visitor, together

HIDDEN = re.compile(r'<input type="hidden"[^>]*>')
NAME, VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')
WORDS = "Bonjour, votre traitement est prêt, vous pouvez passer le prendre."
SAVES = 4  # while one answer is written


def measure(browsers: Sequence[Visitor], floor: Visitor, answered: Sequence[UUID]) -> Iterator[Figure]:
    """Each browser answers its share of the conversations. The floor is the bare page, asked by as many at once."""
    writers = [_Writer(browser, answered[n :: len(browsers)]) for n, browser in enumerate(browsers)]
    _at_once([writer.answer for writer in writers])
    bare = [_Reader(floor) for _ in browsers]
    _at_once([reader.read for reader in bare])
    floors = median(time for reader in bare for time in reader.times)
    saved = [time for writer in writers for time in writer.saved]
    sent = [time for writer in writers for time in writer.sent]
    note = f"{len(saved)} saves by {len(writers)} browsers at once"
    yield Figure("14.save", median(saved), floors, note)
    yield Figure("14.send", median(sent), floors, f"{len(sent)} answers, frozen and in the queue")


class _Reader:
    """Somebody who asks for the bare page."""

    def __init__(self, floor: Visitor) -> None:
        self.visitor = Visitor(floor.port, floor.headers)
        self.times: list[float] = []

    def read(self) -> None:
        (self.times,) = together([(self.visitor, ["/"])], 60)


class _Writer:
    """Somebody who opens each of these conversations, types, and sends."""

    def __init__(self, browser: Visitor, conversations: Sequence[UUID]) -> None:
        self.browser = browser
        self.conversations = conversations
        self.saved: list[float] = []
        self.sent: list[float] = []
        self._get_token()

    def answer(self) -> None:
        for conversation_id in self.conversations:
            for number in range(SAVES):
                fields = self._fields(conversation_id)
                fields["body"] = WORDS[: (number + 1) * len(WORDS) // SAVES]
                self.saved.append(self._post(reverse("draft_save", args=[fields["draft"]]), fields))
            # Words of its own: the same ones twice to one patient would be asked about first.
            fields = self._fields(conversation_id) | {"body": f"{WORDS} Dossier {conversation_id}."}
            self.sent.append(self._post(reverse("reply", args=[conversation_id]), fields))

    def _get_token(self) -> None:
        """The cookie that a form's token is compared with comes with the first form."""
        answer = self.browser.get(reverse("conversation", args=[self.conversations[0]]))
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        if not cookie.startswith(settings.CSRF_COOKIE_NAME):
            raise AssertionError(f"another cookie: {cookie.partition('=')[0]}")
        headers = self.browser.headers
        form = {
            "Cookie": f"{headers['Cookie']}; {cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"https://{headers['Host']}/",
        }
        self.browser = Visitor(self.browser.port, headers | form)

    def _fields(self, conversation_id: UUID) -> dict[str, str]:
        """What the composer carries unseen."""
        text = self.browser.get(reverse("conversation", args=[conversation_id])).sent.decode()
        found: dict[str, str] = {}
        for tag in HIDDEN.findall(text.partition('id="answer"')[2].partition("</form>")[0]):
            name, value = NAME.search(tag), VALUE.search(tag)
            if name and value:
                found.setdefault(name[1], value[1])
        return found

    def _post(self, path: str, fields: dict[str, str]) -> float:
        """Milliseconds until the answer is here."""
        began = perf_counter()
        self.browser.post(path, urlencode(fields), HX_Request="true")
        return 1000 * (perf_counter() - began)


def _at_once(work: Sequence[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(each) for each in work]:
            done.result()
