"""To whom an answer goes, where a message went to several: only to who wrote it, or to all."""

from __future__ import annotations

from collections.abc import Sequence

from portal.conversations.models import Conversation, ConversationKind, Message, MessageKind
from portal.mail.addresses import key_of
from portal.outbound.addressees import read_recipient
from portal.outbound.drafts import who_else
from portal.web.inbox.composer_cards import ReplyTo
from portal.web.inbox.forms import recipients_in
from portal.web.inbox.people import named, names, sender_of


def reply_to(conversation: Conversation, messages: Sequence[Message], typed: str) -> ReplyTo | None:
    """`typed` is what the draft holds, empty where there is none yet. No query."""
    received = [message for message in messages if message.kind == MessageKind.RECEIVED]
    if conversation.kind != ConversationKind.PROFESSIONAL or not received:
        return None
    others = who_else(received[-1], conversation.mailbox)
    if not others:
        return None
    goes_to = [address for address in map(read_recipient, recipients_in(typed)) if address]
    keys = {address.key for address in goes_to}
    writer = sender_of(received[-1])
    return ReplyTo(
        to=", ".join(named(address) for address in goes_to) or writer,
        writer=writer,
        others=names(others),
        everybody=all(key_of(person["address"]) in keys for person in others),
    )
