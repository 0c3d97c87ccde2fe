"""Read one mailbox: what is there minus what is here, by UID; bytes first, the watermark last.

Nothing is flagged, moved or deleted at the operator (security 3.2).
"""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.inbound.alone import alone
from portal.inbound.models import RawMessage
from portal.inbound.store import store
from portal.lib.failpoints import reach
from portal.mail.faults import Code, TransportFault
from portal.mail.imap import Box, Fetched, open_mailbox
from portal.mailboxes.actions import record_fetch_fault, record_fetch_ok
from portal.mailboxes.connections import imap_settings
from portal.mailboxes.models import Mailbox

BATCH_COUNT = 50
BATCH_SIZE = 1024 * 1024
# The share of one mailbox before others have their turn.
ROUND_SECONDS = 60.0
# All UIDs are compared with what is here once a day, and after every fault.
RECONCILE_AFTER = timedelta(hours=20)


def fetch_mailbox(mailbox_id: UUID) -> None:
    """Store what is new in a mailbox, and write down how it went; at once, if nobody else is doing it.

    Raises:
        NoPrivateKey: this process cannot open credentials.
        OSError, DatabaseError: nothing can be kept here; the operator still has it all.
    """
    with alone("fetch", mailbox_id) as mine:
        if not mine:
            return
        mailbox = Mailbox.objects.get(pk=mailbox_id)
        try:
            with open_mailbox(imap_settings(mailbox)) as box:
                _follow_epoch(mailbox, box.select())
                turn = _Turn(mailbox, box)
                turn.take()
        except TransportFault as fault:
            record_fetch_fault(mailbox, fault)
        else:
            record_fetch_ok(mailbox, more=turn.cut_short, reconciled=turn.everything and not turn.cut_short)


class _Turn:
    """One mailbox's turn: list, fetch what is missing, store it in batches, move the watermark."""

    def __init__(self, mailbox: Mailbox, box: Box) -> None:
        self.mailbox = mailbox
        self.box = box
        self.everything = _must_reconcile(mailbox)
        self.cut_short = False
        self._ends = time.monotonic() + ROUND_SECONDS
        self._batch: list[Fetched] = []
        self._again: list[int] = []
        self._left: set[int] = set()
        self._renumbered = False

    def take(self) -> None:
        """Raises TransportFault; what had come until then is stored."""
        first = 1 if self.everything else self.mailbox.watermark + 1
        listed = self.box.uids() if self.everything else self.box.uids_from(first)
        self._left = self._missing(listed, first)
        if self._left:
            self._renumbered = RawMessage.objects.earlier_epochs(self.mailbox).exists()
            self._fetch()
        _move_watermark(self.mailbox, min(self._left) - 1 if self._left else max(listed, default=0))

    def _missing(self, listed: list[int], first: int) -> set[int]:
        """The listed UIDs without a row; when comparing everything, also those whose bytes could not be had."""
        here = RawMessage.objects.in_epoch(self.mailbox).filter(uid__gte=first)
        missing = set(listed) - set(here.values_list("uid", flat=True)) if listed else set()
        if self.everything:
            self._again = [
                uid for uid in here.without_bytes().values_list("uid", flat=True) if uid in set(listed)
            ]
        return missing | set(self._again)

    def _fetch(self) -> None:
        try:
            for found in self.box.fetch(sorted(self._left)):
                self._batch.append(found)
                if self._is_full() and self._store() > self._ends:
                    self.cut_short = True
                    return
        except TransportFault:
            self._store()
            raise
        self._store()
        self._look_again()

    def _look_again(self) -> None:
        """What was listed and not handed out is gone, or the server hides it: then people must know."""
        if self._left:
            still = self._left & set(self.box.uids_from(min(self._left)))
            self._batch = [Fetched(uid, None, 0, None, Code.PROTOCOL) for uid in sorted(still)]
            self._store()
            self._left = set()

    def _is_full(self) -> bool:
        return (
            len(self._batch) >= BATCH_COUNT or sum(len(each.raw or b"") for each in self._batch) >= BATCH_SIZE
        )

    def _store(self) -> float:
        """Commit the batch, and give the time."""
        if self._batch:
            store(self.mailbox, self._batch, renumbered=self._renumbered, again=self._again)
            self._left -= {found.uid for found in self._batch}
            self._batch = []
        return time.monotonic()


def _must_reconcile(mailbox: Mailbox) -> bool:
    last = mailbox.reconciled_at
    return last is None or mailbox.fetch_failures > 0 or timezone.now() - last > RECONCILE_AFTER


def _follow_epoch(mailbox: Mailbox, uidvalidity: int) -> None:
    """After a change of UIDVALIDITY no number means what it did: start from nothing, and recognise what is here."""
    if uidvalidity == mailbox.uidvalidity:
        return
    is_first = not mailbox.uidvalidity
    mailbox.uidvalidity, mailbox.watermark, mailbox.reconciled_at = uidvalidity, 0, None
    with transaction.atomic():
        mailbox.save(update_fields=["uidvalidity", "watermark", "reconciled_at"])
        if not is_first:
            record(Event.MAILBOX_EPOCH, by=None, on=("mailbox", mailbox.id))


def _move_watermark(mailbox: Mailbox, upto: int) -> None:
    """Every UID up to here is stored, or was gone."""
    if upto <= mailbox.watermark:
        return
    reach("inbound.before-watermark")
    mailbox.watermark = upto
    mailbox.save(update_fields=["watermark"])
    reach("inbound.after-watermark")
