"""Take an accepted message: keep it in each mailbox, note it, and report to its sender later."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime
from pathlib import Path

from sandbox.disk import append_line, write_safely
from sandbox.people import REFUSALS, Standing, standing
from sandbox.reports import HOST, Fate, delivery_report
from sandbox.store import Store

DELIVERED = "2.0.0"


@dataclass(frozen=True)
class Recipient:
    """One recipient as named in RCPT: its address, and what it asked to hear (RFC 3461)."""

    address: str
    notify: frozenset[str] = frozenset({"FAILURE"})
    original: str = ""


@dataclass(frozen=True)
class Accepted:
    """One message taken over, as the note of accepted messages keeps it, for tests that look for doubles."""

    at: float
    message_id: str
    sha256: str
    sender: str
    recipients: list[str]
    envelope_id: str


class PostOffice:
    """Delivery inside the sandbox. What `take` returned from survives a kill, reports to come included."""

    def __init__(self, folder: Path, store: Store, *, report_after: float = 1.0) -> None:
        self.store = store
        self.report_after = report_after
        self._note = folder / "accepted.jsonl"
        self._later = folder / "reports"
        self._later.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()

    def standing(self, address: str) -> Standing:
        """How `address` stands with this operator."""
        found = standing(address, known=self.store.exists(address))
        return found if self.store.can_hold(address) or found is Standing.OUTSIDE else Standing.UNKNOWN

    def take(
        self, content: bytes, *, sender: str, recipients: Sequence[Recipient], envelope_id: str = ""
    ) -> None:
        """Keep `content` for each open recipient, write the reports to come; all is on the disk at return."""
        trace = _trace(sender)
        for recipient in recipients:
            if self.standing(recipient.address) is Standing.OPEN:
                self.store.deliver(recipient.address, trace + content)
        self._write_reports(content, sender, recipients, envelope_id)
        headers = BytesHeaderParser(policy=compat32).parsebytes(content)
        accepted = Accepted(
            at=time.time(),
            message_id=str(headers.get("Message-ID", "")).strip(),
            sha256=hashlib.sha256(content).hexdigest(),
            sender=sender,
            recipients=[recipient.address for recipient in recipients],
            envelope_id=envelope_id,
        )
        with self._lock:
            append_line(self._note, json.dumps(asdict(accepted)).encode())

    def accepted(self) -> list[Accepted]:
        """Every message taken over, oldest first. A last line cut by a kill was never answered: left out."""
        if not self._note.exists():
            return []
        whole = self._note.read_bytes().rpartition(b"\n")[0]
        return [Accepted(**json.loads(line)) for line in whole.splitlines()]

    def return_due_reports(self) -> None:
        """Put the reports whose time has come in their senders' mailboxes."""
        for path in sorted(self._later.glob("*.json")):
            report = json.loads(path.read_text("utf-8"))
            if report["due"] <= time.time():
                self.store.deliver(report["to"], report["raw"].encode("latin-1"))
                path.unlink()

    def _write_reports(
        self, content: bytes, sender: str, recipients: Sequence[Recipient], envelope_id: str
    ) -> None:
        if not sender or not self.store.exists(sender):
            return  # a report has a null sender itself, and nothing answers it (RFC 3464 2)
        for action in ("failed", "delivered"):
            fates = [
                fate
                for recipient in recipients
                if (fate := _fate(recipient, self.standing(recipient.address), action))
            ]
            if fates:
                raw = delivery_report(
                    action, sender=sender, fates=fates, content=content, envelope_id=envelope_id
                )
                self._keep_for_later(sender, raw)

    def _keep_for_later(self, sender: str, raw: bytes) -> None:
        report = {"due": time.time() + self.report_after, "to": sender, "raw": raw.decode("latin-1")}
        name = f"{time.time_ns()}.{uuid.uuid4().hex}.json"
        write_safely(self._later / name, json.dumps(report).encode())


def _fate(recipient: Recipient, found: Standing, action: str) -> Fate | None:
    """What the report of kind `action` says about a recipient, if it speaks of it at all."""
    if found is Standing.OPEN:
        wanted = action == "delivered" and "SUCCESS" in recipient.notify
        return Fate(recipient.address, DELIVERED, original=recipient.original) if wanted else None
    if action == "delivered" or "FAILURE" not in recipient.notify:
        return None
    refusal = REFUSALS[found]
    return Fate(recipient.address, refusal.status, refusal.reply, recipient.original)


def _trace(sender: str) -> bytes:
    """The lines that a server puts on top at final delivery (RFC 5321 4.4)."""
    now = format_datetime(datetime.now(UTC))
    return f"Return-Path: <{sender}>\r\nReceived: by {HOST} with ESMTPS; {now}\r\n".encode()
