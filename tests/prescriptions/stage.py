"""Photos that patients of these tests send, fetched as an operator gives them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from portal.conversations.models import Conversation, Message
from portal.inbound.models import RawMessage
from portal.inbound.process import process_stored
from portal.inbound.store import store
from portal.mail.imap import Fetched
from portal.mailboxes.models import Mailbox
from tests.documents.files import jpeg
from tests.inbound.letters import letter

PDF = ("application/pdf", b"%PDF-1.7\n...")
NOTE = ("text/plain", b"Merci.")

_uids = count(1)


def fetched(box: Mailbox, mail: bytes, *, at: datetime | None = None) -> RawMessage:
    """This mail came to the mailbox just now, or at `at`, and was fetched."""
    uid = next(_uids)
    box.uidvalidity = 1
    store(box, [Fetched(uid, at or timezone.now(), len(mail), mail)], renumbered=False)
    return RawMessage.objects.get(uid=uid)


def arrived(box: Mailbox, mail: bytes, *, age: timedelta = timedelta()) -> Conversation:
    """The same, filed: its conversation."""
    fetched(box, mail, at=timezone.now() - age)
    process_stored()
    return Message.objects.latest("id").conversation


def with_photo(box: Mailbox, **said: str) -> Conversation:
    """Léa sent a photo of an ordonnance."""
    return arrived(box, letter(files={"ordonnance.jpg": ("image/jpeg", jpeg())}, **said))
