"""What stands under the messages of a mailbox, for whoever writes them."""

from __future__ import annotations

from django.db import transaction

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.lib.text import many_lines
from portal.mailboxes.models import Mailbox

LONGEST_SIGNATURE, MOST_LINES = 400, 6


class BadSignature(Exception):
    """Too many letters, or lines."""


def set_signature(text: str, *, by: Person | Actor) -> None:
    """Of every mailbox that the pharmacy shares; empty, their messages leave unsigned.

    Raises:
        BadSignature: nothing was changed.
    """
    kept = "\n".join(line.strip() for line in many_lines(text).strip().splitlines())
    if len(kept) > LONGEST_SIGNATURE or kept.count("\n") >= MOST_LINES:
        raise BadSignature
    with transaction.atomic():
        for mailbox in Mailbox.objects.filter(owner=None).only("pk").select_for_update().order_by("pk"):
            Mailbox.objects.filter(pk=mailbox.pk).update(signature=kept)
            record(Event.MAILBOX_SIGNATURE, by=by, on=("mailbox", mailbox.pk))


def shared_signature() -> str:
    """What they have now."""
    found = Mailbox.objects.filter(owner=None).order_by("address").values_list("signature", flat=True).first()
    return found or ""
