"""Claim, send, record: everything due in this pharmacy, one delivery after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from portal.directory.whitelist import refused_domains
from portal.mail.addresses import domain_of
from portal.mail.faults import MailboxFault, PermanentFault, TemporaryFault
from portal.mail.smtp import FenceLost, Outcome, State, Submission
from portal.mailboxes.actions import database_now
from portal.outbound import fates, results
from portal.outbound.claims import WAKE, Claim, claim_next
from portal.outbound.drafts import forget_sent
from portal.outbound.lines import connect, kept_lines
from portal.outbound.models import Recipient, RecipientState
from portal.outbound.reaper import next_due, sweep
from portal.vault.files import BlobMissing
from portal.vault.keys import Unopenable
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

# Then it is another pharmacy's turn, whatever is left here.
RUN_SECONDS = 60.0
# Before the next sweep, when something would not move.
PAUSE = timedelta(seconds=30)


class Unreachable(Exception):
    """No line to the operator could be opened, for now; the cause is a TemporaryFault."""

    def __init__(self, fault: TemporaryFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def deliver_due() -> None:
    """Mend what dead workers left, send what is due, and ask to be woken for what comes next."""
    all_moved = sweep()
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end and (claim := claim_next()):
        try:
            deliver_one(claim)
        except Exception:
            # The outermost loop: one message must not hold up the others. Its lease leaves a doubt, or frees it:
            # then this attempt is counted, and after ten of them people are told.
            logger.exception("delivery %s", claim.delivery.pk)
    forget_sent()
    due_at = next_due()
    if due_at:
        wake(WAKE, due_at if all_moved else max(due_at, database_now() + PAUSE))


def deliver_one(claim: Claim) -> None:
    """Send one claimed delivery and record what came of it; no transaction is open while the network speaks."""
    recipients = results.undecided(claim)
    if claim.delivery.to_page:
        results.record(claim, fates.published(recipients))
        return
    if claim.overdue:
        results.record(claim, fates.all_failed(recipients, fates.EXPIRED))
        return
    outside = refused_domains({domain_of(recipient.address) for recipient in recipients})
    refused = [recipient for recipient in recipients if domain_of(recipient.address) in outside]
    allowed = [recipient for recipient in recipients if recipient not in refused]
    known = fates.all_failed(refused, fates.NOT_TRUSTED)
    if not allowed:
        results.record(claim, known)
        return
    _send_and_record(claim, allowed, known)


def _send_and_record(claim: Claim, recipients: Sequence[Recipient], known: list[fates.Fate]) -> None:
    try:
        outcome = _send(claim, recipients)
    except FenceLost:
        logger.warning("delivery %s: the claim was lost before the dot; nothing was sent", claim.delivery.pk)
    except MailboxFault as fault:
        results.stop_mailbox(claim, fault)
    except Unreachable as unreachable:
        waiting = fates.from_fault(recipients, unreachable.fault, RecipientState.PENDING)
        results.record(claim, known + waiting, stopped_by=unreachable.fault)
    except TemporaryFault as fault:
        results.record(claim, known + fates.from_fault(recipients, fault, RecipientState.PENDING))
    except PermanentFault as fault:
        results.record(claim, known + fates.from_fault(recipients, fault, RecipientState.FAILED))
    except (BlobMissing, Unopenable):
        logger.exception("delivery %s: its bytes cannot be read", claim.delivery.pk)
        results.record(claim, known + fates.all_failed(recipients, fates.UNREADABLE))
    else:
        results.record(claim, known + fates.from_outcome(recipients, outcome))


def _send(claim: Claim, recipients: Sequence[Recipient]) -> Outcome:
    """Over a kept line if one stands, else over a new one. A line that breaks early is no try: nothing was said.

    A line that was given back is another thread's from that moment: nothing is asked of it any more.
    """
    raw, mailbox = claim.delivery.read_blob(), claim.delivery.mailbox
    kept = kept_lines().take(mailbox)
    if kept:
        try:
            outcome = _submit(kept, claim, raw, recipients)
        except (TemporaryFault, MailboxFault) as fault:
            logger.info("delivery %s: a kept line broke (%s), opening another", claim.delivery.pk, fault.code)
        else:
            heard = kept.alive or outcome.data_code or outcome.state != State.TEMPORARY
            kept_lines().keep(mailbox, kept)
            if heard:
                return outcome
    try:
        line = connect(mailbox)
    except TemporaryFault as fault:
        raise Unreachable(fault) from fault
    outcome = _submit(line, claim, raw, recipients)
    kept_lines().keep(mailbox, line)
    return outcome


def _submit(line: Submission, claim: Claim, raw: bytes, recipients: Sequence[Recipient]) -> Outcome:
    return line.send(
        raw,
        sender=claim.delivery.mailbox.address,
        recipients=[recipient.address for recipient in recipients],
        envelope_id=str(claim.delivery.pk),
        before_dot=claim.hand_over,
        progress=claim.renew,
    )
