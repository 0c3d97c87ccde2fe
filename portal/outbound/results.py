"""Record what an attempt brought: recipients, state, the team's attention, the journal; one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from portal.audit.actions import record as record_act
from portal.audit.events import Event
from portal.lib.failpoints import reach
from portal.mail.faults import TransportFault
from portal.mailboxes.actions import record_send_fault, record_send_ok
from portal.mailboxes.models import Mailbox
from portal.outbound import retry
from portal.outbound.attention import ask_for_attention
from portal.outbound.claims import Claim
from portal.outbound.evidence import clear_doubt
from portal.outbound.fates import BROKEN_OFF, EXPIRED, UNDECIDED, Fate, state_of
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState
from portal.outbound.rows import Held, hold
from portal.outbound.states import FINAL, transition

logger = logging.getLogger(__name__)

# last_sent_at tells people that sending works; it need not be exact to the message.
NOTE_SENT_EVERY = timedelta(seconds=30)
# The event of a lease that ended before the dot; they are counted.
LEASE_OVER = "lease-over"
# Seconds before the second and the third try to write a result: the operator's answer is heard only once.
PAUSES = (0.5, 3.0)
EVENTS = {
    DeliveryState.SENT: Event.DELIVERY_SENT,
    DeliveryState.RETRY_WAIT: Event.DELIVERY_RETRY,
    DeliveryState.FAILED: Event.DELIVERY_FAILED,
    DeliveryState.UNCERTAIN: Event.DELIVERY_UNCERTAIN,
}
OURS = frozenset({DeliveryState.CLAIMED, DeliveryState.HANDOVER})


def undecided(claim: Claim) -> list[Recipient]:
    """The recipients that this attempt is for: those whom an earlier one reached are left out."""
    return list(claim.delivery.recipients.filter(state__in=UNDECIDED).order_by("position"))


def record(claim: Claim, fates: Sequence[Fate], *, stopped_by: TransportFault | None = None) -> None:
    """Write the results of an attempt. A claim that was lost meanwhile changes nothing, but may clear a doubt.

    `stopped_by`: the operator could not be reached at all, so the mailbox's other mail need not try now. A
    database that is away for a moment is asked three times: epoch and state make a second writing harmless.

    Raises:
        OperationalError, InterfaceError: it stays away; the lease will end, or leave a doubt.
    """
    held_mailbox: Mailbox | None = claim.delivery.mailbox  # as it was at the claim: spares reading it again
    for pause in PAUSES:
        try:
            _record_once(claim, fates, stopped_by, held_mailbox)
            break
        except (OperationalError, InterfaceError) as error:
            logger.warning("delivery %s: result not written yet: %s", claim.delivery.pk, type(error).__name__)
            connection.close()  # a line that broke is no good any more
            time.sleep(pause)
            held_mailbox = None  # the first try may have changed it in memory
    else:
        _record_once(claim, fates, stopped_by, held_mailbox)
    reach("outbound.after-record")


def doubt(delivery: Delivery) -> None:
    """The worker died between the dot and the answer: whom no report spoke of may or may not have it."""
    held = hold(delivery.pk)
    for recipient in held.standing(RecipientState.PENDING):
        held.settle(recipient, RecipientState.UNCERTAIN, code="")
    _move_on(held)


def break_off(delivery: Delivery) -> None:
    """The attempt ended before the dot, with its worker or by an error of ours: later again, or never."""
    held = hold(delivery.pk)
    times = delivery.events.filter(code=LEASE_OVER).count() + 1
    logger.warning("delivery %s: broken off before the dot, %s times by now", delivery.pk, times)
    next_at = retry.next_after_break(times, now=held.at, give_up_at=delivery.give_up_at)
    if next_at is None:
        for recipient in held.standing(RecipientState.PENDING):
            held.settle(recipient, RecipientState.FAILED, code=BROKEN_OFF, answer=recipient.answer)
        _move_on(held)
        return
    attempt = delivery.attempt + 1
    transition(
        held.delivery,
        DeliveryState.QUEUED,
        code=LEASE_OVER,
        attempt=attempt,
        next_at=next_at,
        lease_until=None,
    )


def stop_mailbox(claim: Claim, fault: TransportFault) -> None:
    """The fault is the mailbox's, not this mail's: it waits in the queue, with all others, for the next try."""
    with transaction.atomic():
        if transition(claim.delivery, DeliveryState.QUEUED, code=fault.code, lease_until=None):
            record_send_fault(claim.delivery.mailbox, fault)


def _record_once(
    claim: Claim, fates: Sequence[Fate], stopped_by: TransportFault | None, mailbox: Mailbox | None
) -> None:
    with transaction.atomic():
        held = hold(claim.delivery.pk)
        if mailbox:
            held.delivery.mailbox = mailbox
        if held.delivery.epoch == claim.delivery.epoch and held.delivery.state in OURS:
            _apply(held, fates)
            _move_on(held, stopped_by)
        else:
            _too_late(held, claim, fates)


def _apply(held: Held, fates: Sequence[Fate]) -> None:
    """A report that came before us has decided already, and stands."""
    brought = {fate.recipient.pk: fate for fate in fates}
    for recipient in held.standing(*UNDECIDED):
        fate = brought.get(recipient.pk)
        if fate:
            held.settle(recipient, fate.state, code=fate.code, answer=fate.answer)


def _move_on(held: Held, stopped_by: TransportFault | None = None) -> None:
    delivery = held.delivery
    attempt = delivery.attempt + 1
    next_at = retry.next_attempt_at(attempt, now=held.at, give_up_at=delivery.give_up_at)
    if next_at is None:
        for recipient in held.standing(RecipientState.PENDING):
            held.settle(recipient, RecipientState.FAILED, code=EXPIRED, answer=recipient.answer)
    after, code = state_of(held.recipients), _telling_code(held)
    transition(
        delivery,
        after,
        code=code,
        attempt=attempt,
        lease_until=None,
        next_at=next_at or delivery.next_at,
        done_at=held.at if after in FINAL else None,
    )
    delivery.attempt = attempt
    _tell_the_team(held, code, stopped_by)


def _tell_the_team(held: Held, code: str, stopped_by: TransportFault | None) -> None:
    """Whoever was not reached comes back to the team's attention; then the mailbox, then the journal."""
    delivery = held.delivery
    troubled = held.standing(RecipientState.FAILED, RecipientState.UNCERTAIN)
    if any(recipient.decided_at == held.at for recipient in troubled):  # an earlier one was told of already
        ask_for_attention(delivery)
    if delivery.state == DeliveryState.SENT and not delivery.to_page:
        _note_sent(held)
    if stopped_by:
        record_send_fault(delivery.mailbox, stopped_by)
    detail = f"attempt={delivery.attempt} code={code.split()[0]}" if code else f"attempt={delivery.attempt}"
    record_act(EVENTS[DeliveryState(delivery.state)], by=None, on=("delivery", delivery.pk), detail=detail)


def _note_sent(held: Held) -> None:
    mailbox = held.delivery.mailbox
    last = mailbox.last_sent_at
    if mailbox.send_fault or last is None or held.at - last > NOTE_SENT_EVERY:
        record_send_ok(mailbox)


def _telling_code(held: Held) -> str:
    """The worst recipient's code says why the delivery stands where it stands."""
    order = (RecipientState.FAILED, RecipientState.PENDING, RecipientState.ACCEPTED)
    codes = [recipient.code for state in order for recipient in held.standing(state) if recipient.code]
    return codes[0] if codes else ""


def _too_late(held: Held, claim: Claim, fates: Sequence[Fate]) -> None:
    """A worker that slept beyond its lease: only an acceptance that it saw itself is worth something now."""
    delivery = held.delivery
    logger.warning("delivery %s: the result of epoch %s came too late", delivery.pk, claim.delivery.epoch)
    if delivery.epoch == claim.delivery.epoch and delivery.state == DeliveryState.UNCERTAIN:
        accepted = {fate.recipient.pk: fate for fate in fates if fate.state == RecipientState.ACCEPTED}
        for recipient in held.standing(RecipientState.UNCERTAIN):
            if recipient.pk in accepted:
                fate = accepted[recipient.pk]
                held.settle(recipient, RecipientState.ACCEPTED, code=fate.code, answer=fate.answer)
        clear_doubt(held, proof="late-answer")
