"""The stage of whole journeys: an operator, Soleil's mailbox there, the running product, people at their keyboards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from django.test import override_settings

from portal.team.models import TotpDevice
from sandbox.people import DOCTOR, SOLEIL, TRUSTED_DOMAINS
from tests.base import CommittingPharmacyTestCase
from tests.browsing import TOTP_KEY, phone_of
from tests.cast import HOSTS, PASSWORD
from tests.journeys.house import running_house
from tests.journeys.patience import wait_for
from tests.journeys.standing import standing_house
from tests.journeys.stations import connect
from tests.journeys.visitor import Page, Visitor
from tests.outbound.stage import trust
from tests.servers.peers import Peer

if TYPE_CHECKING:
    from portal.team.models import User
    from tenants.models import Pharmacy

# What the running product hashes passwords with; the tests' own hasher is a quick one.
HASHERS = ["portal.team.hashers.Argon2Hasher"]


class JourneyTestCase(CommittingPharmacyTestCase):
    """Everything runs; `start` is the operator. Nobody has a phone or a password that the product takes yet.

    The house stands for the journeys that follow each other with the same `settings_of_house`; one that breaks it, or
    looks into its folder, has a house of its own (`own_settings`).
    """

    start: Callable[[], AbstractContextManager[Peer]]
    settings_of_house: ClassVar[dict[str, str]] = {}
    stands_with: ClassVar[dict[str, str] | None]
    has_mailbox = True

    @classmethod
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = cls.own_settings is not JourneyTestCase.own_settings
        cls.stands_with = None if own else cls.settings_of_house

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.peer = self.enterContext(self.start())
        trust(*TRUSTED_DOMAINS)
        if self.has_mailbox:
            self.mailbox = connect(self.peer)
        own = self.own_settings()
        self.house = self.enterContext(
            standing_house(**self.settings_of_house) if own is None else running_house(self.folder, **own)
        )

    def own_settings(self) -> dict[str, str] | None:
        """With what a house of its own is run, beside the settings of all tests; None: in the one that stands."""
        return None

    def visitor(self, user: User, pharmacy: Pharmacy | None = None) -> Visitor:
        """Somebody of a pharmacy, signed in with password and code."""
        let_in(user)
        visitor = Visitor(self.house.port, HOSTS[(pharmacy or self.soleil).finess])
        visitor.sign_in(user.sign_in_name, PASSWORD, TOTP_KEY)
        return visitor

    def shown(self, visitor: Visitor, url: str, words: str) -> Page:
        """The page, as soon as it says this."""
        wait_for(lambda: words in visitor.get(url).text, what=f"{words} on {url}")
        return visitor.seen[-1]


def let_in(user: User) -> TotpDevice:
    """Give a person the password of the tests, hashed as the product does, and a phone."""
    with override_settings(PASSWORD_HASHERS=HASHERS):
        user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return phone_of(user)


def unreadable(subject: str, *, depth: int = 40) -> bytes:
    """A mail of a doctor whose parts lie in each other deeper than anybody needs: it goes to the quarantine."""
    head = f"From: {DOCTOR}\r\nTo: {SOLEIL}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    boxes = "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(depth)
    )
    return f"{head}{boxes}\r\n{subject}\r\n".encode()
