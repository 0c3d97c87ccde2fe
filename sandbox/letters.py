"""Write, send and read letters as someone outside the pharmacy; shared by the patient and the doctor."""

from __future__ import annotations

import argparse
import mimetypes
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, make_msgid
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.mail.faults import TransportFault, explain
from portal.mail.smtp import Outcome, SmtpSettings, State, Submission
from portal.mail.tls import client_context
from sandbox.authority import Authority
from sandbox.cda import Prescription
from sandbox.operator import HOST, known_ports
from sandbox.people import GARE, SOLEIL
from sandbox.store import Store
from sandbox.xdm import attach, subject_line

PARIS = ZoneInfo("Europe/Paris")
PHARMACIES = {"soleil": SOLEIL, "gare": GARE}


@dataclass(frozen=True)
class Correspondent:
    """Who writes, and what they write when nothing else is asked."""

    name: str
    address: str
    subject: str
    text: str


def main(
    program: str,
    correspondent: Correspondent,
    arguments: Sequence[str] | None = None,
    *,
    prescription: Callable[[], Prescription] | None = None,
) -> int:
    """The command line of a correspondent: `send FILE…`, `xdm` when they prescribe, or `read`.

    Returns the exit status.
    """
    options = _parser(program, correspondent, prescribes=prescription is not None).parse_args(arguments)
    if options.action == "read":
        print(read(options.state, options.sender))
        return 0
    writer = Correspondent(correspondent.name, options.sender, options.subject, options.text)
    to = PHARMACIES.get(options.to, options.to)
    try:
        if prescription and options.action == "xdm":
            raw = xdm_letter(writer, prescription(), to=to, at=datetime.now(PARIS))
            outcome = submit(options.state, raw, sender=writer.address, to=to)
        else:
            outcome = send(options.state, writer, options.file, to=to)
    except TransportFault as fault:
        print(explain(fault))
        return 1
    for verdict in outcome.verdicts:
        print(f"{verdict.address} : {verdict.code} {verdict.reply}")
    return 0 if outcome.state is State.ACCEPTED else 1


def send(state: Path, writer: Correspondent, files: Sequence[Path], *, to: str) -> Outcome:
    """Submit a letter with `files` attached, or the one .eml file whole, to the operator of `state`."""
    whole = files[0].read_bytes() if len(files) == 1 and files[0].suffix.lower() == ".eml" else None
    raw = _crlf(whole) if whole is not None else letter(writer, files, to=to)
    return submit(state, raw, sender=writer.address, to=to)


def submit(state: Path, raw: bytes, *, sender: str, to: str) -> Outcome:
    """Hand a whole message over to the operator of `state`.

    Raises:
        TransportFault: the operator cannot be reached.
    """
    authority = Authority(state / "pki")
    pair = authority.keep(f"client.{sender}", lambda: authority.client(sender))
    context = client_context(authority.trust, crl=authority.crl, certificate=pair.certificate, key=pair.key)
    settings = SmtpSettings(host=HOST, port=known_ports(state).smtp, context=context)
    with Submission.connect(settings) as submission:
        return submission.send(
            raw, sender=sender, recipients=[to], envelope_id=uuid.uuid4().hex, before_dot=lambda: True
        )


def letter(writer: Correspondent, files: Sequence[Path], *, to: str) -> bytes:
    """A new message from `writer`, its files attached."""
    message = _begun(writer, to, writer.subject, datetime.now(UTC))
    for path in files:
        kind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").split("/")
        message.add_attachment(path.read_bytes(), maintype=kind[0], subtype=kind[1], filename=path.name)
    return message.as_bytes()


def xdm_letter(writer: Correspondent, prescription: Prescription, *, to: str, at: datetime) -> bytes:
    """A new message from `writer` with a prescription in IHE_XDM.zip, and its PDF."""
    message = _begun(writer, to, subject_line(prescription), at)
    attach(message, prescription, at)
    return message.as_bytes()


def read(state: Path, address: str) -> str:
    """What the mailbox of `address` holds, oldest first, as text for a terminal."""
    store = Store(state / "mail")
    if not store.exists(address) or not store.messages(address):
        return "Aucun message."
    return "\n".join(_shown(stored.raw) for stored in store.messages(address))


def _begun(writer: Correspondent, to: str, subject: str, at: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(writer.name, addr_spec=writer.address)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=writer.address.rpartition("@")[2])
    message.set_content(writer.text, cte="quoted-printable")
    return message


def _shown(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=default)
    body = message.get_body(("plain", "html"))
    names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    lines = [f"{name} : {message[name]}" for name in ("Date", "From", "Subject") if message[name]]
    lines += ["", body.get_content().strip() if body else ""]
    lines += [f"[pièce jointe : {name}]" for name in names]
    return "\n".join([*lines, "-" * 60])


def _crlf(raw: bytes) -> bytes:
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _parser(program: str, correspondent: Correspondent, *, prescribes: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--state", type=Path, required=True, help="the sandbox operator's folder")
    parser.add_argument("--from", dest="sender", default=correspondent.address, metavar="ADDRESS")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("read", help="show what was answered")
    writing = actions.add_parser("send", help="write to a pharmacy")
    writing.add_argument("file", nargs="*", type=Path, help="files to attach, or one .eml to send whole")
    ways = [writing]
    if prescribes:
        ways.append(actions.add_parser("xdm", help="send a prescription as structured health mail"))
    for way in ways:
        way.add_argument("--to", default="soleil", help="soleil, gare, or an address")
        way.add_argument("--subject", default=correspondent.subject)
        way.add_argument("--text", default=correspondent.text)
    return parser
