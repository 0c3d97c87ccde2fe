"""`python -m sandbox.week --state DIR`: put a believable French week of mail in the two pharmacies' mailboxes.

Run it before the operator starts. It does nothing to a mailbox that holds mail already.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox.people import GARE, SOLEIL
from sandbox.pictures import pdf, photo
from sandbox.store import Store
from sandbox.week_letters import FOR_GARE, FOR_SOLEIL, File, Letter
from sandbox.xdm import attach

PARIS = ZoneInfo("Europe/Paris")
OPENS, CLOSES = 8, 19
SUNDAY = 6


def fill(store: Store, now: datetime) -> int:
    """Deliver the week that ends now; returns how many messages."""
    count = 0
    for mailbox, letters in ((SOLEIL, FOR_SOLEIL), (GARE, FOR_GARE)):
        if store.exists(mailbox) and store.messages(mailbox):
            continue
        for letter in sorted(letters, key=lambda each: -each.ago):
            at = working_hours_before(now, letter.ago)
            store.deliver(mailbox, written(letter, mailbox, at), at=at)
            count += 1
    return count


def working_hours_before(now: datetime, hours: float) -> datetime:
    """The moment that many opening hours (8 to 19, not on Sundays, in Paris) before now; never at night."""
    moment = now.astimezone(PARIS)
    left = timedelta(hours=hours)
    while True:
        opening = moment.replace(hour=OPENS, minute=0, second=0, microsecond=0)
        closing = moment.replace(hour=CLOSES, minute=0, second=0, microsecond=0)
        at = min(moment, closing)
        if moment.weekday() != SUNDAY and at - left >= opening:
            return at - left
        if moment.weekday() != SUNDAY and at > opening:
            left -= at - opening
        moment = closing - timedelta(days=1)


def written(letter: Letter, to: str, at: datetime) -> bytes:
    """The message as it came over the wire."""
    message = EmailMessage(policy=SMTP)
    domain = letter.address.rpartition("@")[2]
    message["From"] = Address(letter.name, addr_spec=letter.address)
    message["To"] = Address("Pharmacie", addr_spec=to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<semaine-{abs(letter.ago):g}-{letter.address.partition('@')[0][:6]}@{domain}>"
    message.set_content(letter.text, charset=letter.charset, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    for file in letter.files:
        _attach(message, file)

    if letter.prescription:
        attach(message, letter.prescription, at)
    return message.as_bytes()


def _attach(message: EmailMessage, file: File) -> None:
    if file.kind == "photo":
        message.add_attachment(photo(file.sheets[0]), maintype="image", subtype="jpeg", filename=file.name)
    else:
        message.add_attachment(pdf(file.sheets), maintype="application", subtype="pdf", filename=file.name)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.week")
    parser.add_argument("--state", type=Path, required=True, help="the sandbox operator's folder")
    options = parser.parse_args(arguments)
    print(f"{fill(Store(options.state / 'mail'), datetime.now(UTC))} messages")


if __name__ == "__main__":
    main()
