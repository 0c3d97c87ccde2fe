"""Keep fetched bytes: sealed and committed before anything reads them (architecture 6.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.counters import move_quarantine
from portal.inbound.models import NOT_FETCHED, TOO_BIG, RawMessage, RawState
from portal.lib.failpoints import reach
from portal.mail.faults import Code
from portal.mail.imap import Fetched
from portal.mailboxes.models import Mailbox
from portal.vault.blobs import BLOB_FIELDS, blob_digest
from tenants.wakeups import wake

WAKE = "process"
LARGEST_SIZE = 2**31 - 1

Likeness = tuple[str, datetime | None, int]


def store(
    mailbox: Mailbox, fetched: Sequence[Fetched], *, renumbered: bool, again: Sequence[int] = ()
) -> None:
    """Commit these messages as rows to be processed, all or none.

    One without bytes becomes visible in quarantine. `renumbered`: there are rows of an earlier UIDVALIDITY, of
    which some may be these. `again`: UIDs that are in quarantine because their bytes could not be had.
    """
    reach("inbound.before-store")
    first = [found for found in fetched if found.uid not in again]
    links = _links(mailbox, first) if renumbered else {}
    rows = [_row(mailbox, found) for found in first if found.uid not in links]
    filled = [_filled(mailbox, found) for found in fetched if found.uid in again and found.raw is not None]
    with transaction.atomic():
        _relink(mailbox, links)
        RawMessage.objects.bulk_create(rows)
        for row in filled:
            row.save(update_fields=[*BLOB_FIELDS, "state", "reason", "internal_date"])
        unread = sum(row.state == RawState.QUARANTINED for row in rows)
        move_quarantine(mailbox.id, unread - len(filled))
        wake(WAKE, timezone.now())
        detail = f"count={len(rows)} known={len(links)}"
        record(Event.MAILBOX_FETCH, by=None, on=("mailbox", mailbox.id), detail=detail)
    reach("inbound.after-store")


def _row(mailbox: Mailbox, found: Fetched) -> RawMessage:
    row = RawMessage(
        mailbox=mailbox,
        folder=mailbox.folder,
        uidvalidity=mailbox.uidvalidity,
        uid=found.uid,
        internal_date=found.internaldate,
        stored_at=timezone.now(),
    )
    if found.raw is not None:
        row.put_blob(found.raw)
    else:
        row.state, row.reason = RawState.QUARANTINED, _reason(found)
        row.size, row.digest = min(found.size, LARGEST_SIZE), ""
    return row


def _filled(mailbox: Mailbox, found: Fetched) -> RawMessage:
    """The row in quarantine, now with its bytes."""
    row = RawMessage.objects.get(
        mailbox=mailbox, folder=mailbox.folder, uidvalidity=mailbox.uidvalidity, uid=found.uid
    )
    row.put_blob(found.raw or b"")
    row.state, row.reason, row.internal_date = RawState.STORED, "", found.internaldate
    return row


def _reason(found: Fetched) -> str:
    return TOO_BIG if found.fault == Code.TOO_BIG else f"{NOT_FETCHED}{found.fault or Code.PROTOCOL}"


def _links(mailbox: Mailbox, fetched: Sequence[Fetched]) -> dict[int, UUID]:
    """Which rows of an earlier UIDVALIDITY these are, one to one: two equal mails stay two."""
    alike = {found.uid: _likeness(found) for found in fetched}
    earlier = RawMessage.objects.earlier_epochs(mailbox).filter(
        digest__in={each[0] for each in alike.values()}
    )
    waiting: dict[Likeness, list[UUID]] = defaultdict(list)
    for pk, *likeness in earlier.order_by("-uid").values_list("id", "digest", "internal_date", "size"):
        waiting[_as_likeness(*likeness)].append(pk)
    return {uid: waiting[likeness].pop() for uid, likeness in alike.items() if waiting[likeness]}


def _likeness(found: Fetched) -> Likeness:
    if found.raw is None:
        return "", found.internaldate, min(found.size, LARGEST_SIZE)
    return blob_digest(found.raw), found.internaldate, len(found.raw)


def _as_likeness(digest: str, internal_date: datetime | None, size: int) -> Likeness:
    return digest, internal_date, size


def _relink(mailbox: Mailbox, links: dict[int, UUID]) -> None:
    rows = [RawMessage(id=pk, uid=uid, uidvalidity=mailbox.uidvalidity) for uid, pk in links.items()]
    RawMessage.objects.bulk_update(rows, ["uid", "uidvalidity"])
