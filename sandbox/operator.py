"""Run the stand-in operator: certificates, mailboxes, four ports, reports, faults."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sandbox.authority import Authority, KeyPair
from sandbox.certificates import server_context
from sandbox.disk import write_safely
from sandbox.faults import Faults, FaultsFile
from sandbox.imap_server import ImapServer
from sandbox.ordinary import OrdinaryServer, taken
from sandbox.people import GARE, SOLEIL, TRUSTED_DOMAINS
from sandbox.postoffice import Accepted, PostOffice
from sandbox.smtp_server import SmtpServer
from sandbox.store import Store
from sandbox.texts import Text, TextServer
from sandbox.texts import taken as texts_taken

TICK = 0.2
HOST = "localhost"


@dataclass(frozen=True)
class Ports:
    """Where the operator listens on loopback; 0 asks for any free port."""

    imap: int = 0
    imap_starttls: int = 0
    smtp: int = 0
    smtp_starttls: int = 0
    notices: int = 0  # ordinary mail, beside the operator
    texts: int = 0  # text messages


class Operator:
    """The operator whose state is the folder `state`. Everything but `run` may be called from any thread."""

    def __init__(self, state: Path, *, report_after: float = 1.0) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.state = state
        self.faults = Faults()
        self.authority = Authority(state / "pki")
        self.store = Store(state / "mail")
        self.office = PostOffice(state, self.store, report_after=report_after)
        self.ports = Ports()
        self._servers: list[asyncio.Server] = []
        self._listening = asyncio.Lock()
        for address in (SOLEIL, GARE):
            self.store.create(address)

    @property
    def imap_port(self) -> int:
        """IMAP with TLS at once."""
        return self.ports.imap

    @property
    def smtp_port(self) -> int:
        """SMTP with TLS at once."""
        return self.ports.smtp

    @property
    def trust_pem(self) -> bytes:
        """The authority to trust, PEM."""
        return self.authority.trust

    @property
    def crl_pem(self) -> bytes:
        """Its revocation list, PEM."""
        return self.authority.crl

    @property
    def domains(self) -> tuple[str, ...]:
        """The trust space: the white list to load."""
        return TRUSTED_DOMAINS

    @property
    def accepted(self) -> list[Accepted]:
        """Every message answered by 250, or cut before it, oldest first."""
        return self.office.accepted()

    @property
    def notices(self) -> list[bytes]:
        """Every ordinary mail that was given to the server beside it, oldest first."""
        return taken(self.state)

    @property
    def texts(self) -> list[Text]:
        """Every text message that was given to the provider beside it, oldest first."""
        return texts_taken(self.state)

    def client_certificate(self, mailbox: str) -> KeyPair:
        """The mailbox's client certificate and key, PEM; made the first time."""
        return self.authority.keep(f"client.{mailbox.lower()}", lambda: self.authority.client(mailbox))

    def password(self, mailbox: str) -> str:
        """The mailbox's password."""
        return self.store.password(mailbox)

    def deliver(self, mailbox: str, raw: bytes) -> int:
        """Put `raw` in a mailbox as it is, made if need be; its UID."""
        return self.store.deliver(mailbox, raw).uid

    def mailbox(self, address: str) -> list[bytes]:
        """What a mailbox holds, oldest first; nothing if there is none."""
        found = self.store.messages(address) if self.store.exists(address) else []
        return [stored.raw for stored in found]

    def set_down(self, down: bool) -> None:
        """Stop listening, or start again on the same ports; done when this returns."""
        self.faults.down = down
        asyncio.run_coroutine_threadsafe(self._listen_as_told(), self._loop).result(10)

    async def run(self, wanted: Ports, stop: asyncio.Event, started: Callable[[], None]) -> None:
        """Serve until `stop`; call `started` once the ports are known. Raises OSError if one is taken."""
        context = server_context(self.authority, self.state / "pki")
        self._loop = asyncio.get_running_loop()
        self._imap = ImapServer(self.store, self.faults, context)
        self._smtp = SmtpServer(self.office, self.faults, context)
        ordinary = await OrdinaryServer(self.authority, self.state, self.faults).listen(wanted.notices)
        texts = await TextServer(self.authority, self.state, self.faults).listen(wanted.texts)
        self.ports = replace(
            wanted, notices=ordinary.sockets[0].getsockname()[1], texts=texts.sockets[0].getsockname()[1]
        )
        await self._listen_as_told()
        write_safely(self.state / "ports.json", json.dumps(asdict(self.ports)).encode())
        started()
        await self._keep_house(stop)
        ordinary.close()
        texts.close()
        self.faults.down = True
        await self._listen_as_told()

    async def _listen_as_told(self) -> None:
        """Listen unless the operator is down; once known, the ports stay the same."""
        async with self._listening:  # both its loop and `set_down` come here
            if self.faults.down:
                for server in self._servers:
                    server.close()
                self._servers = []
            elif not self._servers:
                self._servers = [
                    await self._imap.listen(self.ports.imap, starttls=False),
                    await self._imap.listen(self.ports.imap_starttls, starttls=True),
                    await self._smtp.listen(self.ports.smtp, starttls=False),
                    await self._smtp.listen(self.ports.smtp_starttls, starttls=True),
                ]
                found = [server.sockets[0].getsockname()[1] for server in self._servers]
                self.ports = replace(Ports(*found), notices=self.ports.notices, texts=self.ports.texts)

    def renumber(self, mailbox: str) -> None:
        """Change UIDVALIDITY and every UID, as a rebuilt server would."""
        self.store.renumber(mailbox)
        self._imap.forget(mailbox)

    async def _keep_house(self, stop: asyncio.Event) -> None:
        watched = FaultsFile(self.state / "faults.json", self.faults)
        while not stop.is_set():
            watched.refresh()
            await self._listen_as_told()
            self.office.return_due_reports()
            try:
                await asyncio.wait_for(stop.wait(), TICK)
            except TimeoutError:
                continue


def known_ports(state: Path) -> Ports:
    """Where this folder's operator listens, or listened last. Raises FileNotFoundError if it never ran."""
    return Ports(**json.loads((state / "ports.json").read_text("utf-8")))


@contextmanager
def running_operator(
    state: Path, *, report_after: float = 0.05, ports: Ports | None = None
) -> Iterator[Operator]:
    """The operator in a thread of this process, on free ports unless told which."""
    operator = Operator(state, report_after=report_after)
    loop = asyncio.new_event_loop()
    stop, started = asyncio.Event(), threading.Event()
    thread = threading.Thread(
        target=_run, args=(loop, operator, ports or Ports(), stop, started), daemon=True
    )
    thread.start()
    try:
        if not started.wait(20):
            raise TimeoutError("the sandbox operator did not start")
        yield operator
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _run(
    loop: asyncio.AbstractEventLoop,
    operator: Operator,
    ports: Ports,
    stop: asyncio.Event,
    started: threading.Event,
) -> None:
    try:
        loop.run_until_complete(operator.run(ports, stop, started.set))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
    finally:
        loop.close()
