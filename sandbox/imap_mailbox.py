"""Show the mailboxes of the store to pymap, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pymap.backend.dict.mailbox import LoadedMessage, MailboxData, MailboxSet, Message
from pymap.backend.session import BaseSession
from pymap.bytes import Writeable
from pymap.config import IMAPConfig
from pymap.exceptions import NotSupportedError
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Flag

from sandbox.store import Store, Stored


class KeptMessage(Message):
    """A message whose bytes stay on the disk until someone fetches them."""

    __slots__ = ["stored"]

    def __init__(self, stored: Stored, flags: Iterable[Flag] = ()) -> None:
        super().__init__(stored.uid, stored.date, flags, recent=True)
        self.stored = stored

    async def load_content(self, requirement: FetchRequirement) -> LoadedMessage:
        return _KeptContent(self, requirement)


class _KeptContent(LoadedMessage):
    """The bytes as they are for a whole body or a size; parsed only for what needs structure."""

    def __init__(self, message: KeptMessage, requirement: FetchRequirement) -> None:
        super().__init__(message, requirement, None)
        self._raw = message.stored.raw

    @property
    def content(self) -> MessageContent:
        return MessageContent.parse(self._raw)

    def get_size(self, section: Sequence[int] | None = None) -> int:
        return super().get_size(section) if section else len(self._raw)

    def get_body(self, section: Sequence[int] | None = None, binary: bool = False) -> Writeable:
        return super().get_body(section, binary) if section or binary else Writeable.wrap(self._raw)


class Inbox(MailboxData):
    """One mailbox's only folder."""

    def __init__(self, folders: Inboxes, store: Store, address: str) -> None:
        super().__init__(folders._content_cache, folders._thread_cache)
        self._store = store
        self._address = address
        self._uid_validity = store.uidvalidity(address)
        self._max_uid = 0
        for stored in store.messages(address):
            self.add(stored)

    def add(self, stored: Stored, flags: Iterable[Flag] = ()) -> KeptMessage:
        """Show a delivered message, and tell those in IDLE."""
        message = KeptMessage(stored, flags)
        if stored.uid not in self._messages:
            self._messages[stored.uid] = message
            self._max_uid = max(self._max_uid, stored.uid)
            self._mod_sequences.update([stored.uid])
            self._updated.set()
        return message

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        stored = self._store.deliver(self._address, append_msg.literal)
        return self.add(stored, append_msg.flag_set)

    async def delete(self, uids: Iterable[int]) -> None:
        doomed = list(uids)
        await super().delete(doomed)
        for uid in doomed:
            self._store.remove(self._address, uid)

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        raise NotSupportedError("the sandbox has one folder")

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        raise NotSupportedError("the sandbox has one folder")


class Inboxes(MailboxSet):
    """What pymap calls the folders of one mailbox: here INBOX alone."""

    def __init__(self, store: Store, address: str) -> None:
        super().__init__()
        self.inbox = Inbox(self, store, address)
        self._inbox = self.inbox

    async def add_mailbox(self, name: str) -> ObjectId:
        raise NotSupportedError("the sandbox has one folder")


class Session(BaseSession[Message]):
    """One person's open IMAP session."""

    def __init__(self, owner: str, config: IMAPConfig, folders: Inboxes) -> None:
        super().__init__(owner)
        self._config = config
        self._folders = folders

    @property
    def config(self) -> IMAPConfig:
        return self._config

    @property
    def mailbox_set(self) -> Inboxes:
        return self._folders
