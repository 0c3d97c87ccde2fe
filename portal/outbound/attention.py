"""Put a conversation on the team's list of troubles, and take it off once nothing in it is unsettled."""

from __future__ import annotations

from django.utils import timezone

from portal.conversations import actions, concerns
from portal.conversations.automatic import AUTOMATIC
from portal.conversations.concern_models import ConcernKind
from portal.conversations.locking import locked_with
from portal.conversations.models import Conversation, Message
from portal.house import alarm
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState
from portal.vault.fields import SealedQuerySet


def ask_for_attention(delivery: Delivery) -> None:
    """Somebody was not reached, or may not have been: the team finds it, and who sent it is told.

    In the caller's transaction, before its wake-ups and journal; should nobody look, the ladder says so. An
    automatic answer that did not arrive calls nobody (RFC 3834 2): the thread says it where it stands.
    """
    if _is_automatic(delivery):
        return
    held = actions.mark_failed(_held_with(delivery))
    wrote = delivery.message.author_id if delivery.message else None
    concerns.tell(ConcernKind.FAILED, [delivery.author_id, wrote], on=held, by=None)
    alarm.begins_to_wait(timezone.now())


def settle_attention(delivery: Delivery) -> None:
    """The doubt about `delivery` is over; what else went wrong in its conversation keeps the mark.

    Called as `ask_for_attention` is. Whoever deals with a refused recipient takes the mark off by finishing
    the conversation.
    """
    conversation = _held_with(delivery)
    in_it = _sent_in(conversation)
    doubtful = in_it.filter(state=DeliveryState.UNCERTAIN).exclude(pk=delivery.pk)
    refused = Recipient.objects.filter(delivery__in=in_it, state=RecipientState.FAILED)
    if not doubtful.exists() and not refused.exists():
        actions.clear_failed(conversation)


def _is_automatic(delivery: Delivery) -> bool:
    return Message.objects.filter(deliveries=delivery.pk, what=AUTOMATIC).exists()


def in_trouble(conversation: Conversation) -> bool:
    """Whether something that was sent in it did not reach somebody, or may not have."""
    in_it = _sent_in(conversation)
    if in_it.filter(state__in=(DeliveryState.UNCERTAIN, DeliveryState.FAILED)).exists():
        return True
    return Recipient.objects.filter(delivery__in=in_it, state=RecipientState.FAILED).exists()


def _sent_in(conversation: Conversation) -> SealedQuerySet[Delivery]:
    """By people: an automatic answer that did not arrive troubles nobody."""
    return Delivery.objects.filter(message__conversation=conversation).exclude(message__what=AUTOMATIC)


def _held_with(delivery: Delivery) -> Conversation:
    """Held before it is looked at: a message may be split off at this very moment, and its trouble goes with it."""
    if delivery.message_id is None:
        raise Message.DoesNotExist
    return locked_with(delivery.message_id)
