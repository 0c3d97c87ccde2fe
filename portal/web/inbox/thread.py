"""The messages of a conversation and what the team did between them, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from portal.conversations.automatic import AUTOMATIC
from portal.conversations.models import Conversation, ConversationKind, Message, MessageKind
from portal.conversations.notes import mentioned
from portal.mail.addresses import Address
from portal.mail.display import quoted_words, set_apart, words_of
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.cards import Correspondent, EventLine, MessageCard
from portal.web.inbox.deliveries import Sent, delivery_card
from portal.web.inbox.event_lines import event_line
from portal.web.inbox.file_cards import AttachmentCard
from portal.web.inbox.files import Files
from portal.web.inbox.forward_cards import Forwards
from portal.web.inbox.note_cards import NoteCard
from portal.web.inbox.people import KINDS, TEAM, initials, named, names, short_name, writer_of
from portal.web.inbox.readers import Readers
from portal.web.inbox.remarks import remark
from portal.web.paths import path

Entry = MessageCard | NoteCard | EventLine
MAIL = (MessageKind.RECEIVED, MessageKind.SENT)
UNFOLDED = 3
KNOWN = 0.6  # so many of the words of a quote stand in what was said before, when it quotes that
ENDS, SAYS_END = "Ce message a clos l’échange avec le patient", "Ce message annonce la fin de l’échange"
BY_ITSELF = "Réponse automatique"
BY_FORM = "par le formulaire"


def timeline(
    conversation: Conversation,
    messages: Sequence[Message],
    sent: Sent,
    *,
    me: User,
    files: Files,
    read: Readers,
    now: datetime,
) -> tuple[Entry, ...]:
    """Oldest first; all but the last few messages show their first line only."""
    written = [message for message in messages if message.kind in MAIL]
    open_ones = {message.pk for message in written[-UNFOLDED:]}
    entries: list[Entry] = []
    heard = Heard(messages)
    splits = len(written) > 1 and allows(me, Permission.MERGE) and conversation.kind != ConversationKind.FORM
    keeps = allows(me, Permission.DOWNLOAD_ORIGINAL) and conversation.kind != ConversationKind.FORM
    for number, message in enumerate(messages):
        if message.kind == MessageKind.EVENT:
            entries.append(event_line(message))
        elif message.kind == MessageKind.NOTE:
            entries.append(_note(message, read))
        else:
            folded = message.pk not in open_ones
            original_url = path("raw_message", message.pk) if keeps else ""
            card = (
                _sent(message, sent, me=me, files=files, now=now, folded=folded)
                if message.kind == MessageKind.SENT
                else _received(message, conversation, me=me, files=files, folded=folded)
            )
            entries.append(
                replace(
                    _apart(card, heard.before(number)),
                    original_url=original_url,
                    split_url=path("split", message.pk) if splits else "",
                    read_by=read.of(message),
                )
            )
    return tuple(entries)


def _received(
    message: Message, conversation: Conversation, *, me: User, files: Files, folded: bool
) -> MessageCard:
    writer = writer_of(message)
    who = named(writer)
    kind: Correspondent = KINDS[conversation.kind]
    by_form = conversation.kind == ConversationKind.FORM
    return MessageCard(
        id=message.pk,
        at=message.at,
        author=who,
        initials=initials(who),
        kind=kind,
        text=message.text,
        origin=BY_FORM if by_form else _origin(writer, who),
        remark=remark(message.defects),
        folded=folded,
        ending=SAYS_END if message.ends_exchange else "",
        attachments=files.cards(message, conversation.patient),
        layout_url=path("layout", message.pk) if message.has_layout else "",
        two_texts="two-texts" in message.defects.split(","),
        forwards=_forwards(message, me),
    )


def _sent(
    message: Message, sent: Sent, *, me: User, files: Files, now: datetime, folded: bool
) -> MessageCard:
    author = message.author.display_name if message.author else TEAM
    automatic = message.what == AUTOMATIC
    card = delivery_card(message, sent.get(message.pk, ()), me=me, now=now)
    return MessageCard(
        id=message.pk,
        at=message.at,
        author=BY_ITSELF if automatic else short_name(author),
        initials=initials(author),
        kind="unknown",
        text=message.text,
        outgoing=True,
        released_by=short_name(message.released_by.display_name) if message.released_by else "",
        to=names([*message.headers.get("to", []), *message.headers.get("cc", [])]),
        folded=folded and not (card and card.refresh_url),
        ending=ENDS if message.ends_exchange else "",
        attachments=files.cards(message),
        forwards=_forwards(message, me),
        delivery=card,
    )


def _forwards(message: Message, me: User) -> Forwards:
    """Whoever may write a new message may forward one; the thread knows where what it forwards is."""
    url = path("forward", message.pk) if allows(me, Permission.COMPOSE) else ""
    origin = message.__dict__.get("forwarded_from")
    of_url = path("conversation", origin) if origin else ""
    return Forwards(url, message.headers.get("forwarded_from", ""), of_url)


def _note(message: Message, read: Readers) -> NoteCard:
    author = message.author.display_name if message.author else TEAM
    return NoteCard(message.pk, message.at, short_name(author), message.text, read.called(mentioned(message)))


class Heard:
    """The words that were said in a conversation before each of its messages, gathered as one goes on."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages, self._read = messages, 0
        self._words: set[str] = set()

    def before(self, number: int) -> Callable[[], set[str]]:
        """Asked for only where something is quoted."""

        def words() -> set[str]:
            for message in self._messages[self._read : number]:
                self._words |= words_of(message.text)
            self._read = max(self._read, number)
            return self._words

        return words


def _apart(card: MessageCard, earlier: Callable[[], set[str]]) -> MessageCard:
    """The words of a message without what it quotes and its signature; a quote that nobody read yet is shown."""
    apart = set_apart(card.text)
    said = quoted_words(apart.quoted) if apart.quoted else set()
    news = bool(said) and len(said & earlier()) < KNOWN * len(said)
    return replace(card, text=apart.text, quoted=apart.quoted, quotes_news=news, signature=apart.signature)


def _origin(writer: Address | None, who: str) -> str:
    """Where it truly comes from: a label proves nothing, an address does."""
    if writer is None:
        return ""
    if writer.is_patient():
        return "Mon espace santé"
    return writer.address if writer.address != who else ""


def pieces(entries: Iterable[Entry]) -> list[AttachmentCard]:
    """The files of a conversation: what came in before what was sent, each newest first."""
    messages = [entry for entry in entries if isinstance(entry, MessageCard)][::-1]
    messages.sort(key=lambda message: message.outgoing)
    return [file for message in messages for file in message.attachments]
