"""Take a message back out of its conversation: it was undone before it left, so it was never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max

from portal.conversations import concerns, counters
from portal.conversations.automatic import AUTOMATIC
from portal.conversations.filing import LONGEST_SNIPPET
from portal.conversations.locking import locked_with
from portal.conversations.models import Conversation, Message, MessageKind
from portal.conversations.moving import REOPENED, say, take_up
from portal.lib.text import one_line

if TYPE_CHECKING:
    from portal.team.models import User

MAIL = (MessageKind.RECEIVED, MessageKind.SENT)
SHOWN = (
    *("version", "snippet", "last_message_at", "last_sent_at"),
    *("message_count", "attachment_count", "closed_at"),
    *("state", "assignees", "snoozed_until", "snoozed_by"),
)


def withdraw_sent(message: Message, *, by: User) -> None:
    """Remove a message that did not leave; a conversation that it alone had begun goes with it.

    One that was finished, or set to wait, with that message is to be treated again: nobody was answered.
    Called in a transaction, before wake-ups and the journal; nothing may point at the message any more.
    """
    conversation = locked_with(message.pk)
    files = message.attachments.count()
    message.attachments.all().delete()
    Message.objects.filter(pk=message.pk).delete()
    before = counters.counted(conversation)
    if _begun_by_it_alone(conversation):
        counters.move(before, counters.Counts())
        concerns.forget(conversation)
        conversation.delete()
        return
    conversation.version += 1
    conversation.message_count -= 1
    conversation.attachment_count -= files
    if message.ends_exchange:
        conversation.closed_at = None
    _show_newest(conversation)
    taken_up = take_up(conversation)
    conversation.save(update_fields=SHOWN)
    if taken_up:
        say(conversation, REOPENED, by=by)
        counters.move(before, counters.counted(conversation))


def _begun_by_it_alone(conversation: Conversation) -> bool:
    return not conversation.messages.exists() and not conversation.drafts.exists()


def _show_newest(conversation: Conversation) -> None:
    """The list shows what came before, not words that nobody was sent."""
    mail = conversation.messages.filter(kind__in=MAIL).exclude(what=AUTOMATIC)
    newest = mail.defer("tokens", "headers").order_by("-at", "-id").first()
    conversation.snippet = one_line(newest.text[: 2 * LONGEST_SNIPPET], LONGEST_SNIPPET) if newest else ""
    if newest:
        conversation.last_message_at = newest.at
    sent = mail.filter(kind=MessageKind.SENT).aggregate(at=Max("at"))
    conversation.last_sent_at = sent["at"]
