"""Submit frozen messages over one kept connection, asking the caller for leave right before the final dot."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Self

from portal.lib.failpoints import reach
from portal.mail.endpoint import Endpoint, Watch, unwatched
from portal.mail.faults import Code, MailboxFault, PermanentFault, TemporaryFault, TransportFault
from portal.mail.smtp_session import Reply, Session, open_session, read_reply

BLOCK = 64 * 1024
PROGRESS_EVERY = 20.0  # seconds
CLOSING = 421
GO_AHEAD = 354
NOT_LOGGED_IN = frozenset({530, 535, 538})
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?A-~]+")


class SmtpSettings(Endpoint):
    """The sending side of a mailbox."""


class State(StrEnum):
    """What became of a message, or of one recipient's copy of it."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Verdict:
    """What the server said about one recipient. `reply` may hold the address: seal it, never log it."""

    address: str
    state: State
    code: int
    reply: str


@dataclass(frozen=True)
class Outcome:
    """What became of one message.

    `verdicts` come in the order of the recipients. `state` is accepted once the server took the message for
    at least one of them; uncertain when the answer to the final dot never came, or made no sense; else
    temporary while one recipient may still pass, or permanent. `data_code` is 0 if DATA had no answer.
    """

    state: State
    verdicts: tuple[Verdict, ...]
    data_code: int = 0
    data_reply: str = ""


class FenceLost(Exception):
    """The caller no longer owned the delivery: the connection was closed before the dot, nothing was sent."""


class Submission:
    """A logged-in connection on which messages are sent one after the other."""

    def __init__(self, session: Session, final_wait: float) -> None:
        self._session = session
        self._final_wait = final_wait
        self._open = True
        self._told = 0.0

    @classmethod
    def connect(cls, settings: SmtpSettings, *, watch: Watch = unwatched) -> Self:
        """Open a verified, logged-in connection. Raises TransportFault."""
        return cls(open_session(settings, watch=watch), settings.limits.final)

    @property
    def alive(self) -> bool:
        """Whether another message can be sent: ask before reusing a kept connection."""
        return self._open and self._session.wire.quiet()

    def send(
        self,
        raw: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        envelope_id: str,
        before_dot: Callable[[], bool],
        progress: Callable[[], None] | None = None,
        dsn: bool = True,
    ) -> Outcome:
        """Submit `raw` (CRLF lines, the last one ended) to `recipients`.

        `before_dot` is asked once the whole body is with the server and nothing but the dot is missing;
        False closes the connection and raises FenceLost. `progress` is called about every PROGRESS_EVERY
        seconds until then, to renew the caller's lease. `dsn` asks for reports of success, failure and delay
        (RFC 3461) where the server can.

        Raises TemporaryFault when the connection fails before the dot: nothing was sent. Raises
        PermanentFault (unsafe, too-big) for what may not be sent, MailboxFault when the login has lapsed.
        After the dot nothing is raised: a lost answer is the state uncertain.
        """
        if not recipients:
            raise ValueError("a message goes to somebody")
        _refuse_unsafe(raw, [sender, *recipients] if sender else recipients)
        self._refuse_too_big(len(raw))
        self._told = time.monotonic()
        tell = progress or _say_nothing
        try:
            refused = self._mail(raw, sender, envelope_id if dsn else None)
            if refused is not None:
                return _outcome([_verdict(address, refused) for address in recipients])
            verdicts = self._rcpt(recipients, dsn=dsn, tell=tell)
            return self._data(raw, verdicts, before_dot, tell)
        except BaseException:
            self._drop()
            raise

    def rehearse(self, *, sender: str, recipient: str) -> None:
        """Name a sender and a recipient, then have the server forget them (RSET): nothing is sent.

        Raises TransportFault: deferred or rejected when one of them is refused, with the reply's codes alone.
        """
        _refuse_unsafe(b"\r\n", [sender, recipient])
        reply = self._mail(b"", sender, None) or self._command(f"RCPT TO:<{recipient}>")
        self._reset()
        match _state(reply):
            case State.TEMPORARY:
                raise TemporaryFault(Code.DEFERRED, reply.digest)
            case State.PERMANENT:
                raise PermanentFault(Code.REJECTED, reply.digest)

    def close(self) -> None:
        """Say QUIT and close; safe to call again."""
        if self._open:
            with suppress(TransportFault):  # a farewell: every message sent has its outcome already
                self._session.wire.write(b"QUIT\r\n")
                read_reply(self._session.wire, seconds=2.0)
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_too_big(self, size: int) -> None:
        limit = self._session.size_limit
        if limit is not None and size > limit:
            raise PermanentFault(Code.TOO_BIG, f"limit {limit // 1024} KB")

    def _mail(self, raw: bytes, sender: str, envelope_id: str | None) -> Reply | None:
        """Begin a transaction; the reply if it is refused."""
        line = f"MAIL FROM:<{sender}>"
        if "SIZE" in self._session.features:
            line += f" SIZE={len(raw)}"
        if "8BITMIME" in self._session.features and not raw.isascii():
            line += " BODY=8BITMIME"
        if envelope_id is not None and "DSN" in self._session.features:
            line += f" RET=HDRS ENVID={xtext(envelope_id)}"
        reply = self._command(line)
        if reply.code in NOT_LOGGED_IN:
            raise MailboxFault(Code.LOGIN_REFUSED, reply.digest)
        reach("outbound.after-mail")
        return None if _state(reply) is State.ACCEPTED else reply

    def _rcpt(self, recipients: Sequence[str], *, dsn: bool, tell: Callable[[], None]) -> list[Verdict]:
        """Name the recipients; once the server closes (421) the ones not refused for good may try again."""
        verdicts: list[Verdict] = []
        for address in recipients:
            line = f"RCPT TO:<{address}>"
            if dsn and "DSN" in self._session.features:
                line += f" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{xtext(address)}"
            reply = self._command(line)
            verdicts.append(_verdict(address, reply))
            reach("outbound.after-rcpt")
            if reply.code == CLOSING:
                named = len(verdicts)
                return _settle(verdicts, reply) + [_verdict(left, reply) for left in recipients[named:]]
            self._tell(tell)
        return verdicts

    def _data(
        self, raw: bytes, verdicts: list[Verdict], before_dot: Callable[[], bool], tell: Callable[[], None]
    ) -> Outcome:
        if not any(verdict.state is State.ACCEPTED for verdict in verdicts):
            self._reset()
            return _outcome(verdicts)
        reply = self._command("DATA")
        if reply.code != GO_AHEAD:
            settled = _settle(verdicts, reply)
            self._reset()
            return _outcome(settled, reply)
        self._body(_stuffed(raw), tell)
        reach("outbound.before-fence")
        if not before_dot():
            raise FenceLost
        reach("outbound.after-fence")
        final = self._dot()
        return _outcome(_settle(verdicts, final), final) if final else self._uncertain(verdicts)

    def _body(self, stuffed: bytes, tell: Callable[[], None]) -> None:
        """Everything but the dot; RFC 5321 4.1.1.10 makes the server forget it if we close here."""
        half = len(stuffed) // 2
        self._write(stuffed[:half], tell)
        reach("outbound.mid-body")
        self._write(stuffed[half:], tell)

    def _write(self, part: bytes, tell: Callable[[], None]) -> None:
        for start in range(0, len(part), BLOCK):
            self._session.wire.write(part[start : start + BLOCK])
            self._tell(tell)

    def _dot(self) -> Reply | None:
        """Send the terminator and wait for the verdict (RFC 5321 4.5.3.2.6); None if none makes sense."""
        try:
            self._session.wire.write(b".\r\n")
            reach("outbound.after-dot")
            reply = read_reply(self._session.wire, seconds=self._final_wait)
        except TransportFault:
            return None
        reach("outbound.after-250")
        self._heed(reply)
        return reply if reply.code // 100 != 3 else None

    def _uncertain(self, verdicts: list[Verdict]) -> Outcome:
        self._drop()
        unknown = [
            replace(verdict, state=State.UNCERTAIN, code=0, reply="")
            if verdict.state is State.ACCEPTED
            else verdict
            for verdict in verdicts
        ]
        return Outcome(State.UNCERTAIN, tuple(unknown))

    def _command(self, line: str) -> Reply:
        reply = self._session.command(line)
        self._heed(reply)
        return reply

    def _heed(self, reply: Reply) -> None:
        if reply.code == CLOSING:
            self._drop()

    def _reset(self) -> None:
        """Forget the transaction, so that the connection serves the next message; the verdicts stand."""
        if self._open:
            try:
                self._command("RSET")
            except TransportFault:
                self._drop()

    def _tell(self, tell: Callable[[], None]) -> None:
        now = time.monotonic()
        if now - self._told >= PROGRESS_EVERY:
            self._told = now
            tell()

    def _drop(self) -> None:
        self._open = False
        self._session.wire.close()


def xtext(text: str) -> str:
    """RFC 3461 4: what is not printable ASCII, and "+" and "=", as "+" and two hexadecimal digits."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and chr(octet) not in "+=" else f"+{octet:02X}"
        for octet in text.encode()
    )


def _refuse_unsafe(raw: bytes, addresses: Sequence[str]) -> None:
    """Only CRLF may end a line: what two servers read differently can smuggle a second message."""
    ends = raw.count(b"\r\n")
    if raw.count(b"\r") != ends or raw.count(b"\n") != ends or b"\0" in raw or not raw.endswith(b"\r\n"):
        raise PermanentFault(Code.UNSAFE, "lines")
    if not all(_ADDRESS.fullmatch(address) for address in addresses):
        raise PermanentFault(Code.UNSAFE, "addresses")


def _stuffed(raw: bytes) -> bytes:
    """A dot before each dot that begins a line (RFC 5321 4.5.2)."""
    return (b"." if raw.startswith(b".") else b"") + raw.replace(b"\r\n.", b"\r\n..")


def _state(reply: Reply) -> State:
    if 200 <= reply.code < 300:
        return State.ACCEPTED
    if 400 <= reply.code < 500:
        return State.TEMPORARY
    if reply.code >= 500:
        return State.PERMANENT
    raise TemporaryFault(Code.PROTOCOL, reply.digest)


def _verdict(address: str, reply: Reply) -> Verdict:
    return Verdict(address, _state(reply), reply.code, reply.text)


def _settle(verdicts: Sequence[Verdict], reply: Reply) -> list[Verdict]:
    """What a reply about the whole message means for the recipients that were still in the run."""
    return [
        _verdict(verdict.address, reply) if verdict.state is State.ACCEPTED else verdict
        for verdict in verdicts
    ]


def _outcome(verdicts: Sequence[Verdict], data: Reply | None = None) -> Outcome:
    states = {verdict.state for verdict in verdicts}
    state = next(
        state
        for state in (State.ACCEPTED, State.UNCERTAIN, State.TEMPORARY, State.PERMANENT)
        if state in states
    )
    return Outcome(state, tuple(verdicts), data.code if data else 0, data.text if data else "")


def _say_nothing() -> None:
    """Stand in for a caller that has no lease to renew."""
