"""From a draft to the bytes that leave: made once, never again (security 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings

from portal.conversations.filing import NewFile
from portal.conversations.models import Conversation, MessageKind
from portal.conversations.people import kept
from portal.mail.addresses import Address
from portal.mail.compose import OutgoingMail, compose, new_message_id
from portal.mailboxes.models import Mailbox
from portal.outbound.drafts import newest_mail
from portal.outbound.files import filed, files_in, outgoing
from portal.outbound.forwarding import whose_it_forwards
from portal.outbound.models import Draft
from portal.outbound.signing import signed

NO_SUBJECT = "(sans objet)"


@dataclass(frozen=True)
class Frozen:
    """The bytes, what went into them, and the files as the conversation shows them."""

    raw: bytes
    mail: OutgoingMail
    files: list[NewFile]
    forwarded_from: str = ""

    @property
    def headers(self) -> Mapping[str, Any]:
        """What the conversation keeps of the header (Message.headers)."""
        return {
            "message_id": self.mail.message_id,
            "references": list(self.mail.references),
            "from": kept(self.mail.sender),
            "reply_to": [],
            "to": [kept(address) for address in self.mail.to],
            "cc": [],
            "subject": self.mail.subject,
            "date": self.mail.date.isoformat(),
            "ends_exchange": self.mail.ends_exchange,
            **({"forwarded_from": self.forwarded_from} if self.forwarded_from else {}),
        }


def freeze(
    draft: Draft, *, mailbox: Mailbox, to: Sequence[Address], at: datetime, ends_exchange: bool = False
) -> Frozen:
    """Compose the draft, dated `at`, from the mailbox's own label (ECO.2.2.7).

    `ends_exchange` closes the exchange with a patient: X-MSS-MES: FIN (mssante 3.2).

    Raises:
        Unsendable: a value in it would break out of its place.
    """
    files = [(file, outgoing(file)) for file in files_in(draft.pk, True)]
    answered, references = _followed(draft.conversation)
    mail = OutgoingMail(
        sender=Address(mailbox.label, mailbox.address),
        to=tuple(to),
        subject=draft.subject.strip() or NO_SUBJECT,
        text=signed(draft),
        date=at,
        message_id=new_message_id(mailbox.address, uuid4()),
        nil=settings.MSS_NIL,
        in_reply_to=answered,
        references=references,
        ends_exchange=ends_exchange,
        attachments=tuple(out for _, out in files),
    )
    shown = [filed(file, out.content, position=position) for position, (file, out) in enumerate(files)]
    return Frozen(compose(mail), mail, shown, whose_it_forwards(draft))


def _followed(conversation: Conversation | None) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References (RFC 5322 3.6.4): the last message received, else the last one sent."""
    if conversation is None:
        return "", ()
    last = newest_mail.first(conversation.pk, MessageKind.RECEIVED)
    last = last or newest_mail.first(conversation.pk, MessageKind.SENT)
    if last is None or not last.headers.get("message_id"):
        return "", ()
    own: str = last.headers["message_id"]
    return own, (*last.headers["references"], own)
