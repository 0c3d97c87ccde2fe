"""Serve the store over IMAP with pymap: a client certificate first, then its mailbox and no other."""

from __future__ import annotations

import asyncio
import hmac
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from contextvars import ContextVar
from datetime import datetime
from typing import NoReturn

from proxyprotocol.sock import SocketInfoLocal
from pymap.config import BackendCapability, IMAPConfig
from pymap.context import connection_exit
from pymap.exceptions import InvalidAuth, NotSupportedError
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.interfaces.login import IdentityInterface, LoginInterface
from pymap.interfaces.token import TokensInterface
from pymap.token import AllTokens
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.external import ExternalCredentials
from pysasl.creds.plain import PlainCredentials
from pysasl.creds.server import ServerCredentials

from sandbox.certificates import common_name
from sandbox.faults import Faults
from sandbox.imap_mailbox import Inboxes, Session
from sandbox.store import Store, Stored

# The common name of the certificate shown on the connection being served.
_shown: ContextVar[str] = ContextVar("shown", default="")


class ImapServer:
    """The IMAP side of the operator. All of it runs on one event loop, but for `announce`."""

    def __init__(self, store: Store, faults: Faults, context: ssl.SSLContext) -> None:
        self._store = store
        self._faults = faults
        self._context = context
        self._open: dict[str, Inboxes] = {}
        self._loop = asyncio.get_running_loop()
        store.watch(self.announce)

    async def listen(self, port: int, *, starttls: bool) -> asyncio.Server:
        """Listen on loopback; TLS at once, or after STARTTLS."""
        config = _Config(self._context, starttls=starttls)
        login = _Login(self, config)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(config, login, reader, writer)

        context = None if starttls else self._context
        return await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)

    def announce(self, address: str, stored: Stored) -> None:
        """Show a delivery to the sessions that are open; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._announce, address, stored)

    def forget(self, address: str) -> None:
        """Read the mailbox anew from the disk at the next login; from any thread."""
        self._loop.call_soon_threadsafe(self._open.pop, address.lower(), None)

    def admits(self, credentials: ServerCredentials) -> str | None:
        """The mailbox that the credentials open, if they fit the certificate shown."""
        name = _shown.get()
        if self._faults.refuse_logins or not name or not self._store.exists(name):
            return None
        if isinstance(credentials, ExternalCredentials):
            return name if credentials.authzid in ("", name) else None
        if isinstance(credentials, PlainCredentials) and credentials.authcid.lower() == name:
            given = credentials._secret.encode()
            return name if hmac.compare_digest(given, self._store.password(name).encode()) else None
        return None

    def folders(self, address: str) -> Inboxes:
        """The open folders of a mailbox, shared by its sessions."""
        if address not in self._open:
            self._open[address] = Inboxes(self._store, address)
        return self._open[address]

    def _announce(self, address: str, stored: Stored) -> None:
        if address in self._open:
            self._open[address].inbox.add(stored)

    async def _serve(
        self,
        config: IMAPConfig,
        login: LoginInterface,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        _shown.set(common_name(writer))
        connection = _Connection(config.commands, config, reader, writer, SocketInfoLocal(writer))
        async with AsyncExitStack() as stack:
            connection_exit.set(stack)
            stack.enter_context(closing(connection))
            await connection.run(ConnectionState(login, config))


class _Connection(IMAPConnection):
    async def start_tls(self) -> None:
        await super().start_tls()
        _shown.set(common_name(self.writer))


class _Config(IMAPConfig):
    def __init__(self, context: ssl.SSLContext, *, starttls: bool) -> None:
        arguments = Namespace(passlib_cfg=None, proxy_protocol=None)
        super().__init__(arguments, host=None, port=0, ssl_context=context, tls_enabled=starttls)

    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=True, object_id=False, multi_append=True)

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth.named([b"PLAIN", b"EXTERNAL"])

    @property
    def greeting(self) -> bytes:
        return b"Bac a sable MSSante"


class _Login(LoginInterface):
    def __init__(self, server: ImapServer, config: IMAPConfig) -> None:
        self._server = server
        self._config = config
        self._tokens = AllTokens(config)

    @property
    def tokens(self) -> TokensInterface:
        return self._tokens

    async def authenticate(self, credentials: ServerCredentials) -> IdentityInterface:
        name = self._server.admits(credentials)
        if name is None:
            raise InvalidAuth
        return _Person(name, self._server, self._config)

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> IdentityInterface:
        return authenticated  # `admits` has compared them


class _Person(IdentityInterface):
    """Who is logged in; accounts are made on the disk, not over IMAP."""

    def __init__(self, name: str, server: ImapServer, config: IMAPConfig) -> None:
        self._name = name
        self._server = server
        self._config = config

    @property
    def name(self) -> str:
        return self._name

    @property
    def roles(self) -> frozenset[str]:
        return frozenset()

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        yield Session(self._name, self._config, self._server.folders(self._name))

    async def new_token(self, *, expiration: datetime | None = None) -> None:
        return None

    async def get(self) -> UserMetadata:
        return UserMetadata(self._config, self._name)

    async def set(self, metadata: UserMetadata) -> NoReturn:
        raise NotSupportedError("accounts are made on the disk")

    async def delete(self) -> NoReturn:
        raise NotSupportedError("accounts are made on the disk")
