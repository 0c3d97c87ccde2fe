"""The stage of these tests: Soleil's mailbox at the sandbox operator, a doctor, a patient, and time that passes."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.conversations.actions import file_message
from portal.conversations.models import Conversation
from portal.directory.models import TrustedDomain
from portal.lib.ids import uuid7
from portal.mail.addresses import Address
from portal.mail.parse import parse
from portal.mailboxes.actions import Server, add_mailbox
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox
from portal.outbound.actions import queue
from portal.outbound.deliver import deliver_due
from portal.outbound.drafts import new_draft, save_draft, start_reply
from portal.outbound.lines import kept_lines
from portal.outbound.models import Delivery, Draft
from portal.patients.identity import identify
from sandbox.operator import Operator, running_operator
from sandbox.people import DOCTOR, SOLEIL, TRUSTED_DOMAINS
from tenants.fences import OWNER
from tests.base import CommittingPharmacyTestCase

if TYPE_CHECKING:
    from portal.team.models import User

COLLEAGUE = "anne.roux@labo-test.mssante.fr"
CLOSED = "ferme.cabinet@medecin-test.mssante.fr"
LETTER = """From: {sender}
To: {to}
Subject: {subject}
Date: Mon, 23 Nov 2026 09:12:00 +0100
Message-ID: <{message_id}>
Content-Type: text/plain; charset=utf-8

{text}
"""


def trust(*domains: str) -> None:
    """Put these domains on the white list, as the platform's operator."""
    rows = [TrustedDomain(domain=domain, loaded_at=timezone.now()) for domain in domains]
    TrustedDomain.objects.using(OWNER).bulk_create(rows, ignore_conflicts=True)


def distrust(domain: str) -> None:
    """Take a domain off the white list."""
    TrustedDomain.objects.using(OWNER).filter(domain=domain).delete()


class OutboundTestCase(CommittingPharmacyTestCase):
    """Soleil, whose mailbox is at a sandbox operator that runs for the whole class."""

    operator: ClassVar[Operator]
    _running: ClassVar[ExitStack]
    mailbox: Mailbox

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls._running = ExitStack()
        folder = tempfile.mkdtemp(prefix="operator-")
        cls._running.callback(shutil.rmtree, folder, ignore_errors=True)
        cls.operator = cls._running.enter_context(running_operator(Path(folder), report_after=0.0))

    @classmethod
    def tearDownClass(cls) -> None:
        cls._running.close()
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        trust(*TRUSTED_DOMAINS)
        self.mailbox = open_mailbox(self.operator)
        self.seen = len(self.operator.accepted)

    def tearDown(self) -> None:
        kept_lines().close_all()
        super().tearDown()

    def received(
        self, sender: str = DOCTOR, *, subject: str = "Renouvellement", text: str = "Bonjour"
    ) -> Conversation:
        """A mail of `sender` has been filed; its conversation."""
        raw = LETTER.format(
            sender=sender,
            to=SOLEIL,
            subject=subject,
            text=text,
            message_id=f"{uuid4().hex}@{sender.partition('@')[2]}",
        )
        with transaction.atomic():
            message = file_message(
                parse(raw.replace("\n", "\r\n").encode()),
                pk=uuid7(),
                mailbox=self.mailbox,
                correspondent=identify(Address("", sender)),
                at=timezone.now(),
            )
        return message.conversation

    def reply(
        self, conversation: Conversation, text: str = "C’est prêt.", *, by: User | None = None
    ) -> Draft:
        """The open reply of somebody, Claire unless said, with these words."""
        by = by or self.claire
        draft = start_reply(conversation, by=by)
        return self.saved(draft, text, to=draft.recipients)

    def letter(self, *to: str, text: str = "Bonjour,\nà bientôt.", subject: str = "Question") -> Draft:
        """A new message of Claire's."""
        return self.saved(
            new_draft(self.mailbox, by=self.claire), text, to=list(to or [DOCTOR]), subject=subject
        )

    def saved(self, draft: Draft, text: str, *, to: list[str], subject: str | None = None) -> Draft:
        return save_draft(
            draft,
            by=draft.author,
            version=draft.version,
            recipients=to,
            subject=draft.subject if subject is None else subject,
            text=text,
        )

    def send(self, draft: Draft) -> Delivery:
        """Queue a draft as its author does."""
        version = (
            Conversation.objects.get(pk=draft.conversation_id).version if draft.conversation_id else None
        )
        return queue(draft, by=draft.author, idempotency_key=uuid4(), version=version)

    def send_now(self, *to: str, text: str = "Bonjour,\nà bientôt.") -> Delivery:
        """A new message, sent, and ten seconds gone by."""
        delivery = self.send(self.letter(*to, text=text))
        self.wait(seconds=10)
        return self.after_work(delivery)

    def after_work(self, delivery: Delivery) -> Delivery:
        """A worker does all that is due; the delivery as it then is."""
        deliver_due()
        return Delivery.objects.select_related("mailbox").get(pk=delivery.pk)

    def wait(self, **by: float) -> None:
        """Let time pass, for deliveries and mailboxes alike: everything that is written in the future comes nearer."""
        passed = timedelta(**by)
        for column in ("next_at", "lease_until", "give_up_at", "queued_at", "handover_at"):
            Delivery.objects.update(**{column: F(column) - passed})
        Mailbox.objects.update(send_retry_at=F("send_retry_at") - passed)

    def arrived(self) -> list[str]:
        """Who got something since the test began, one entry per recipient and message."""
        return [address for one in self.operator.accepted[self.seen :] for address in one.recipients]

    def states(self, delivery: Delivery) -> list[str]:
        return list(delivery.recipients.order_by("position").values_list("state", flat=True))


def open_mailbox(operator: Operator, address: str = SOLEIL, label: str = "Pharmacie du Soleil") -> Mailbox:
    """A mailbox at the operator, Soleil's unless said, with its certificate and its password."""
    pair = operator.client_certificate(address)
    credentials = Credentials(
        password=operator.password(address), certificate=pair.certificate.decode(), key=pair.key.decode()
    )
    return add_mailbox(
        address=address,
        label=label,
        imap=Server("localhost", operator.imap_port),
        smtp=Server("localhost", operator.smtp_port),
        credentials=credentials,
        trust_pem=operator.trust_pem.decode(),
        crl_pem=operator.crl_pem.decode(),
        by=None,
    )
