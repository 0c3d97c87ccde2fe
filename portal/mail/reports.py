"""Recognise what the other side's machines say of our messages: DSN, MDN, and bounces in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.lib.text import fold, one_line
from portal.mail import headers
from portal.mail.addresses import Address
from portal.mail.charsets import decode, decode_header
from portal.mail.decoding import decoded
from portal.mail.parsed import DeliveryReport, ReadReport, RecipientReport, Report
from portal.mail.references import message_ids
from portal.mail.structure import Fields, Part, read_fields

DELIVERY_TYPES = {"message/delivery-status", "message/global-delivery-status"}
READ_TYPES = {"message/disposition-notification", "message/global-disposition-notification"}
RETURNED_TYPES = {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
MACHINE_TYPES = DELIVERY_TYPES | READ_TYPES | {"text/rfc822-headers", "message/global-headers"}
MOST_RECIPIENTS = 500

_DAEMONS = {"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"}
_BOUNCE_SUBJECTS = re.compile(
    r"message non (distribue|remis|delivre)|non[- ]remis|non distribuable|echec (de|d')"
    r"|mail delivery (failed|failure)|undeliver|delivery status notification|delivery (has )?failed"
    r"|failure notice|returned mail|returned to sender"
)
_GROUPS = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_ID_LINE = re.compile(
    r"^[>\s]{0,10}message-id\s{0,5}:\s{0,5}(<[^<>\s]{1,998}>)", re.IGNORECASE | re.MULTILINE
)
_ANS_ERROR = re.compile(r"error\s*:\s*(\d{3})\s*\^?\s*(.*)", re.IGNORECASE)


def find_report(root: Part, sender: Address | None, subject: str, text: str) -> Report | None:
    """The report this mail is, if it is one: a bounce must be a multipart/report or come from a daemon.

    Anyone can write one: what it says counts only for a message we sent to the one it speaks of.
    """
    leaves = list(root.leaves())
    formal = root.content_type == "multipart/report"
    daemon = _from_daemon(root.fields, sender)
    for leaf in leaves:
        if leaf.content_type in READ_TYPES and formal:
            return _read_report(leaf, leaves)
        if leaf.content_type in DELIVERY_TYPES and (formal or daemon):
            return _delivery_report(leaf, leaves)
    if daemon and _BOUNCE_SUBJECTS.search(fold(subject)):
        return _bounce_in_words(root.fields, leaves, text)
    return None


def _from_daemon(fields: Fields, sender: Address | None) -> bool:
    return sender is not None and _is_daemon(sender.address) and headers.return_path(fields) == ""


def _is_daemon(address: str) -> bool:
    return address.partition("@")[0].lower() in _DAEMONS


def _delivery_report(leaf: Part, leaves: list[Part]) -> DeliveryReport:
    message, recipients = Fields(()), []
    for number, group in enumerate(_groups(leaf)):
        if any(group.get(name) for name in ("final-recipient", "original-recipient", "action")):
            recipients.append(_recipient(group))
        elif number == 0:
            message = group
    return DeliveryReport(
        original_message_id=_returned_id(leaves),
        envelope_id=headers.text(message, "original-envelope-id")[:100],
        recipients=tuple(recipients[:MOST_RECIPIENTS]),
        machine=True,
    )


def _recipient(group: Fields) -> RecipientReport:
    status = _STATUS.search(headers.text(group, "status"))
    return RecipientReport(
        final_recipient=_after_type(group, "final-recipient"),
        original_recipient=_after_type(group, "original-recipient"),
        action=headers.text(group, "action").partition(" ")[0].lower()[:20],
        status=status[1] if status else "",
        diagnostic=_after_type(group, "diagnostic-code", 1000),
    )


def _read_report(leaf: Part, leaves: list[Part]) -> ReadReport:
    """RFC 8098 3.2.6, read loosely: ANS writes its code inside the field, `processed/Error: 902^libellé`."""
    fields = next(iter(_groups(leaf)), Fields(()))
    mode, _, outcome = headers.text(fields, "disposition").partition(";")
    kind, _, modifier = outcome.strip().partition("/")
    error = _ANS_ERROR.search(outcome) or _ANS_ERROR.search(f"error:{headers.text(fields, 'error')}")
    original = headers.identifiers(fields, "original-message-id")
    return ReadReport(
        original_message_id=original[0] if original else _returned_id(leaves),
        final_recipient=_after_type(fields, "final-recipient"),
        original_recipient=_after_type(fields, "original-recipient"),
        disposition=kind.strip(" ;").lower()[:20],
        automatic=mode.strip().lower().startswith("automatic-action"),
        failed=modifier.strip().lower().startswith(("error", "failure")),
        error_code=error[1] if error else "",
        error_text=error[2].strip()[:200] if error else "",
    )


def _bounce_in_words(fields: Fields, leaves: list[Part], text: str) -> DeliveryReport:
    named = [address.address for address in headers.addresses(fields, "x-failed-recipients")]
    start = text[:20_000]
    line = _ID_LINE.search(start)
    original = _returned_id(leaves) or (line[1].strip("<>") if line else "")
    found = named or [name for name in _ADDRESS.findall(start) if name != original and not _is_daemon(name)]
    status = _STATUS.search(start)
    return DeliveryReport(
        original_message_id=original,
        envelope_id="",
        recipients=tuple(
            RecipientReport(name, "", "failed", status[1] if status else "", "")
            for name in list(dict.fromkeys(found))[:20]
        ),
        machine=False,
    )


def _groups(leaf: Part) -> Iterator[Fields]:
    body = decoded(leaf)[0].strip(b"\r\n")
    for block in _GROUPS.split(body, maxsplit=2 * MOST_RECIPIENTS):
        fields, _ = read_fields(block.lstrip(b"\r\n"))
        if fields.items:
            yield fields


def _returned_id(leaves: list[Part]) -> str:
    """The Message-ID of the message that came back, from its copy or its header alone."""
    for leaf in leaves:
        if leaf.content_type in RETURNED_TYPES:
            fields, _ = read_fields(decoded(leaf)[0].lstrip(b"\r\n"))
            found = message_ids(decode(fields.get("message-id") or b"", None).text)
            if found:
                return found[0]
    return ""


def _after_type(fields: Fields, name: str, limit: int = 320) -> str:
    """The value of `rfc822; value`, without its type."""
    value = decode_header(fields.get(name) or b"")
    kind, separator, rest = value.partition(";")
    return one_line(rest if separator and " " not in kind.strip() else value, limit).strip("<>")
