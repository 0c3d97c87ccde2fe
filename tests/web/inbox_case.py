"""The stage of these tests: Soleil's mailbox with mail in it, and browsers of its people."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.conversations.models import Attachment, Conversation, Message
from portal.inbound.importing import keep
from portal.inbound.process import process_stored
from portal.mailboxes.models import Mailbox
from portal.outbound.models import Delivery, Draft
from portal.team.models import User
from tenants.context import inside
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase
from tests.browsing import Browser, signed_in
from tests.inbound.letters import letter
from tests.mailboxes.boxes import open_box

TRANSACTIONS = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


class Statements(CaptureQueriesContext):
    """The statements of a block; what begins and ends transactions is not counted."""

    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def sql(self) -> list[str]:
        return [query["sql"] for query in self.captured_queries if not query["sql"].startswith(TRANSACTIONS)]


class InboxMixin:
    """What both kinds of test cases share."""

    box: Mailbox
    nadia: User
    claire: User
    karim: User
    soleil: Any
    gare: Any

    def receive(self, *mails: bytes, box: Mailbox | None = None) -> None:
        """These mails arrived and were filed."""
        for mail in mails:
            keep(box or self.box, mail)
        process_stored()

    def received(self, *said: Any, box: Mailbox | None = None, **options: Any) -> Conversation:
        """The conversation of one mail."""
        self.receive(letter(*said, **options), box=box)
        return Message.objects.latest("id").conversation

    def browser(self, user: User) -> Browser:
        return signed_in(user, self.soleil)

    def hugo(self) -> Browser:
        """Signed in at Gare; the test stays in Soleil."""
        with inside(self.gare):
            return signed_in(User.objects.get(sign_in_name="hugo"), self.gare)

    def statements(self) -> AbstractContextManager[Statements]:
        return Statements()


class InboxTestCase(InboxMixin, PharmacyTestCase):
    """Inside a transaction; `self.as_karim` and `self.as_claire` are browsers in which they signed in.

    The mailbox and the sessions are made once for a class: each test finds them as they were then.
    """

    sessions: ClassVar[tuple[str, str]]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.box = open_box()
        cls.sessions = (signed_in(cls.karim, cls.soleil).sid, signed_in(cls.claire, cls.soleil).sid)

    def setUp(self) -> None:
        super().setUp()
        self.as_karim, self.as_claire = (Browser.with_session(sid) for sid in self.sessions)


class CommittingInboxTestCase(InboxMixin, CommittingPharmacyTestCase):
    """The same with real commits."""

    def setUp(self) -> None:
        super().setUp()
        self.box = open_box()
        self.as_karim = self.browser(self.karim)
        self.as_claire = self.browser(self.claire)


def page(name: str, *args: Any) -> str:
    """The address of a page of the inbox."""
    return reverse(name, args=args, urlconf="portal.urls")


def fields_of(response: Any) -> dict[str, str]:
    """The hidden fields of the composer on a page."""
    form = response.content.decode().partition('id="answer"')[2].partition("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input type=\"hidden\"[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] != "csrfmiddlewaretoken":
            found.setdefault(name[1], value[1])
    return found


def only_file(conversation: Conversation) -> Attachment:
    return Attachment.objects.get(message__conversation=conversation)


def stored(draft_id: str | UUID) -> Draft:
    return Draft.objects.get(pk=draft_id)


def queued() -> list[Delivery]:
    return list(Delivery.objects.order_by("queued_at"))
