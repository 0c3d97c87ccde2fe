"""A message from the BAL to itself: by the way that every message leaves and comes in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction

from portal.conversations.matching import correspondent_mark
from portal.conversations.models import Message, MessageKind
from portal.mail.addresses import key_of
from portal.mailboxes.models import Mailbox
from portal.outbound.actions import queue
from portal.outbound.drafts import new_draft, save_draft
from portal.outbound.models import Delivery
from portal.team.models import User

SUBJECT = "Message d’essai"
TEXT = (
    "Ceci est un message d’essai, envoyé par la pharmacie à elle-même.\n\n"
    "Puisque vous le lisez ici, il est parti de la BAL et il y est revenu : l’envoi et la réception fonctionnent. "
    "Vous pouvez terminer cette conversation."
)


@dataclass(frozen=True)
class Trial:
    """Whether one was sent, and whether one came back."""

    sent: bool
    back: bool


def send_trial(mailbox: Mailbox, *, by: User) -> Delivery:
    """Queue it.

    Raises:
        Refused: the BAL's own domain is not in the trust space, or the BAL is in pause.
        NeedsPharmacist: `by` may not send free words alone.
    """
    with transaction.atomic():
        draft = new_draft(mailbox, by=by)
        draft = save_draft(
            draft, by=by, version=draft.version, recipients=[mailbox.address], subject=SUBJECT, text=TEXT
        )
        return queue(draft, by=by, idempotency_key=uuid4(), version=None, confirmed=True)


def trial_of(mailbox: Mailbox) -> Trial:
    """Two short look-ups: in the conversations of the BAL with itself, the same Message-ID both ways."""
    own = Message.objects.filter(
        conversation__mailbox=mailbox,
        conversation__correspondent_fingerprint=correspondent_mark(key_of(mailbox.address)),
    )
    sent = own.filter(kind=MessageKind.SENT)
    came = own.filter(
        kind=MessageKind.RECEIVED, message_id_fingerprint__in=sent.values("message_id_fingerprint")
    )
    back = came.exists()
    return Trial(sent=back or sent.exists(), back=back)
