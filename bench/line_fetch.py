"""Line 16: reading a mailbox by IMAP until every mail is sealed and committed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import floors
from bench.figures import Figure
from bench.mails import Writer
from bench.stage import House, Stage
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.models import RawMessage
from portal.mail.tls import client_context
from portal.mailboxes.actions import Server
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox
from sandbox.authority import Authority, KeyPair
from sandbox.operator import running_operator
from sandbox.people import OFFICINES
from tenants.context import inside
from tests.mailboxes.boxes import NOWHERE, open_box
from tests.servers import dovecot

ADDRESS = f"releve@{OFFICINES}"


@dataclass(frozen=True)
class Source:
    """An IMAP server with mails in ADDRESS, and what opens it."""

    name: str
    port: int
    password: str
    authority: Authority
    pair: KeyPair


def measure(stage: Stage) -> Iterator[Figure]:
    """One process; the floor reads the same mailbox right before and right after."""
    count = 1_000 if stage.short else 4_000
    raws = [letter.raw for letter in Writer(ADDRESS, seed=16).texts(count, answers=False)]
    with ExitStack() as servers:
        folder = Path(servers.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)  # Dovecot runs as another user
        missing = dovecot.why_not()
        source = _operator(servers, folder, raws) if missing else _dovecot(servers, folder, raws)
        before = _floor(source)
        with inside(stage.soleil.pharmacy):
            seconds = _fetch(stage.soleil, source, count)
        floor = (before + _floor(source)) / 2
    why = f"the sandbox operator, as {missing}" if missing else source.name
    yield Figure(
        "16", count / seconds, floor, f"{count} mails of 4.7 KB from {why}; floor: bare IMAPClient loop"
    )


def _dovecot(servers: ExitStack, folder: Path, raws: list[bytes]) -> Source:
    authority = Authority(folder / "pki")
    server = servers.enter_context(dovecot.running_dovecot(folder, authority, [ADDRESS]))
    server.deliver(ADDRESS, *raws)
    return Source("Dovecot", server.implicit, dovecot.PASSWORD, authority, authority.client(ADDRESS))


def _operator(servers: ExitStack, folder: Path, raws: list[bytes]) -> Source:
    operator = servers.enter_context(running_operator(folder))
    for raw in raws:
        operator.deliver(ADDRESS, raw)
    pair = operator.client_certificate(ADDRESS)
    return Source("sandbox", operator.imap_port, operator.password(ADDRESS), operator.authority, pair)


def _floor(source: Source) -> float:
    context = client_context(
        source.authority.trust,
        crl=source.authority.crl,
        certificate=source.pair.certificate,
        key=source.pair.key,
    )
    return floors.read_mailbox(("localhost", source.port, ADDRESS, source.password), context)


def _fetch(house: House, source: Source, count: int) -> float:
    """Seconds from the connection to the last commit."""
    credentials = Credentials(
        password=source.password, certificate=source.pair.certificate.decode(), key=source.pair.key.decode()
    )
    mailbox: Mailbox = open_box(
        ADDRESS,
        imap=Server("localhost", source.port),
        smtp=NOWHERE,
        credentials=credentials,
        trust_pem=source.authority.trust.decode(),
        crl_pem=source.authority.crl.decode(),
    )
    began = time.perf_counter()
    fetch_mailbox(mailbox.pk)
    seconds = time.perf_counter() - began
    stored = RawMessage.objects.filter(mailbox=mailbox).count()
    if stored != count:
        raise AssertionError(f"{stored} of {count} mails were stored")
    return seconds
