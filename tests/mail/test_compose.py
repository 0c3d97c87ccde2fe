"""Composing: readable by others, closed to every trick."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import re
import unittest
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail.addresses import Address
from portal.mail.compose import (
    OutgoingFile,
    OutgoingMail,
    Unsendable,
    compose,
    encoded_size,
    new_message_id,
)
from portal.mail.parse import extract, parse

SOLEIL = Address("Pharmacie du Soleil – Équipe", "pharmacie@soleil.mssante.fr")
LEA = Address("Léa Durand", "279035121518989@patient.mssante.fr")

MAIL = OutgoingMail(
    sender=SOLEIL,
    to=(LEA,),
    subject="Votre ordonnance est prête",
    text="Bonjour,\n\nVotre traitement est prêt.\n",
    date=datetime(2026, 1, 12, 14, 0, tzinfo=UTC),
    message_id="org-1@soleil.mssante.fr",
    nil="DEV000000",
)

# The ends of data that some servers see and others do not (SEC Consult 2023).
SMUGGLING = ("\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r.\n", "\n.\r", "\r\n\x00.\r\n")
NEXT_MAIL = "MAIL FROM:<x@y.fr>\r\nRCPT TO:<z@y.fr>\r\nDATA\r\nSubject: faux\r\n\r\nfaux\r\n.\r\n"

BREAKS = (
    "\r\n",
    "\n",
    "\r",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\t",
    "\x7f",
    "\ud800",
)
TURNS = ("\u202e", "\u2066", "\u200f")
TAILS = ("Bcc: x@y.fr", " Bcc: x@y.fr", "\r\nBcc: x@y.fr\r\n\r\nfaux", "=?utf-8?q?a?=", "%0d%0aBcc: x")
PAYLOADS = [f"Bonjour{split}{tail}" for split in BREAKS + TURNS for tail in TAILS]
HARMLESS = [
    "a%0d%0aBcc: x@y.fr",
    "=?utf-8?q?=0d=0aBcc:_x=40y.fr?=",
    "=?utf-8?b?DQpCY2M6?=",
    'a" <x@y.fr>, "b',
    "a\\",
    "a, b; c: <d>",
    "=cmd|' /C calc'!A0",
    "É" * 300,
    "x" * 900,
]


def changed(**fields: object) -> OutgoingMail:
    return dataclasses.replace(MAIL, **fields)  # type: ignore[arg-type]


def with_value(place: str, value: str) -> OutgoingMail:
    """The mail with `value` in one of the places a person or a stranger can fill."""
    file = OutgoingFile("a.pdf", "application/pdf", b"x")
    return {
        "subject": lambda: changed(subject=value),
        "from label": lambda: changed(sender=Address(value, SOLEIL.address)),
        "to label": lambda: changed(to=(Address(value, LEA.address),)),
        "to address": lambda: changed(to=(Address("", value),)),
        "cc address": lambda: changed(cc=(Address("", f"a@{value}"),)),
        "mdn": lambda: changed(mdn_to=Address("", value)),
        "message-id": lambda: changed(message_id=value),
        "in-reply-to": lambda: changed(in_reply_to=value),
        "references": lambda: changed(references=("a@b", value)),
        "nil": lambda: changed(nil=value),
        "file name": lambda: changed(attachments=(dataclasses.replace(file, name=value),)),
        "file type": lambda: changed(attachments=(dataclasses.replace(file, content_type=value),)),
    }[place]()


PLACES = (
    "subject",
    "from label",
    "to label",
    "to address",
    "cc address",
    "mdn",
    "message-id",
    "in-reply-to",
    "references",
    "nil",
    "file name",
    "file type",
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_value_becomes_a_header(place: str, payload: str) -> None:
    with pytest.raises(Unsendable) as caught:
        compose(with_value(place, payload))
    assert payload not in str(caught.value)


@pytest.mark.parametrize("value", HARMLESS)
def test_values_that_only_look_dangerous_arrive_as_they_are(value: str) -> None:
    raw = compose(changed(subject=value, sender=Address(value, SOLEIL.address)))
    assert_sound(raw)
    parsed = parse(raw)
    assert parsed.subject == value
    assert parsed.sender == Address(value[:200], SOLEIL.address)
    assert email.message_from_bytes(raw).keys() == email.message_from_bytes(compose(MAIL)).keys()


@pytest.mark.parametrize("trick", SMUGGLING)
def test_no_body_ends_before_its_end(trick: str) -> None:
    body = f"Bonjour{trick}{NEXT_MAIL}"
    if "\x00" in trick:
        with pytest.raises(Unsendable):
            compose(changed(text=body))
        return
    raw = compose(changed(text=body))
    assert_sound(raw)
    assert "RCPT TO:<z@y.fr>" in parse(raw).text


@pytest.mark.parametrize("trick", SMUGGLING)
def test_no_file_ends_before_its_end(trick: str) -> None:
    content = f"x{trick}{NEXT_MAIL}".encode()
    raw = compose(changed(attachments=(OutgoingFile("a.txt", "text/plain", content),)))
    assert_sound(raw)
    assert extract(raw, "2") == content


@pytest.mark.parametrize("trick", SMUGGLING)
@pytest.mark.parametrize("place", PLACES)
def test_no_header_ends_before_its_end(place: str, trick: str) -> None:
    with pytest.raises(Unsendable):
        compose(with_value(place, f"a{trick}{NEXT_MAIL}"))


def assert_sound(raw: bytes) -> None:
    """ASCII, only CR LF between lines, no line begins with a dot or is too long (RFC 5322 2.1.1)."""
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert b"\x00" not in raw
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 998 and not line.startswith(b".") for line in lines)


class TestTheMessage(unittest.TestCase):
    def test_a_reply_reads_as_it_was_meant(self) -> None:
        mail = changed(
            in_reply_to="pat-1@patient.mssante.fr", references=("pat-0@x.fr", "pat-1@patient.mssante.fr")
        )
        raw = compose(mail)
        assert_sound(raw)
        parsed = parse(raw)
        self.assertEqual(parsed.sender, SOLEIL)
        self.assertEqual(parsed.to, (LEA,))
        self.assertEqual(parsed.subject, MAIL.subject)
        self.assertEqual(parsed.text, MAIL.text.strip())
        self.assertEqual(parsed.date, MAIL.date)
        self.assertEqual(parsed.message_id, MAIL.message_id)
        self.assertEqual(
            (parsed.in_reply_to, parsed.references), (("pat-1@patient.mssante.fr",), mail.references)
        )
        self.assertEqual((parsed.nil, parsed.ends_exchange, parsed.defects), ("DEV000000", False, ()))

    def test_another_program_reads_the_same(self) -> None:
        files = (
            OutgoingFile("été.pdf", "application/pdf", b"%PDF"),
            OutgoingFile("b.txt", "text/plain", b"b\n"),
        )
        message = email.message_from_bytes(compose(changed(attachments=files)), policy=email.policy.default)
        self.assertEqual(message["From"].addresses[0].display_name, SOLEIL.label)
        self.assertEqual(message["Subject"], MAIL.subject)
        self.assertEqual(message.get_body().get_content().replace("\r\n", "\n"), MAIL.text)
        contents = [
            (part.get_content_type(), part.get_payload(decode=True)) for part in message.iter_attachments()
        ]
        self.assertEqual(contents, [("application/pdf", b"%PDF"), ("text/plain", b"b\n")])
        self.assertFalse(any(part.defects for part in message.walk()))

    def test_the_date_is_that_of_paris(self) -> None:
        self.assertIn(b"\r\nDate: Mon, 12 Jan 2026 15:00:00 +0100\r\n", compose(MAIL))
        summer = changed(date=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
        self.assertIn(b"\r\nDate: Thu, 02 Jul 2026 00:30:00 +0200\r\n", compose(summer))

    def test_the_headers_of_the_trust_space(self) -> None:
        raw = compose(changed(ends_exchange=True, mdn_to=SOLEIL, auto_submitted="auto-replied"))
        self.assertIn(b"\r\nX-MSS-NIL: DEV000000\r\n", raw)
        self.assertIn(b"\r\nX-MSS-MES: FIN\r\n", raw)
        self.assertIn(b"\r\nAuto-Submitted: auto-replied\r\n", raw)
        self.assertTrue(parse(raw).ends_exchange)
        self.assertEqual(parse(raw).mdn_to, (SOLEIL,))
        for header in (b"X-MSS-MES", b"Disposition-Notification-To", b"Auto-Submitted", b"Bcc"):
            self.assertNotIn(header, compose(MAIL))

    def test_the_same_mail_gives_the_same_bytes(self) -> None:
        mail = changed(attachments=(OutgoingFile("a.pdf", "application/pdf", b"x"),))
        self.assertEqual(compose(mail), compose(mail))

    def test_an_identifier_is_made_at_the_mailboxes_domain(self) -> None:
        made = new_message_id("Pharmacie@Soleil.MSSante.fr", UUID(int=7))
        self.assertEqual(made, "00000000000000000000000000000007@soleil.mssante.fr")
        with self.assertRaises(Unsendable):
            new_message_id("x", UUID(int=7))

    def test_a_strangers_odd_identifier_does_not_stop_the_reply(self) -> None:
        raw = compose(changed(in_reply_to="é a@b", references=("<a@b>", "é@b", "bon@b")))
        self.assertNotIn(b"In-Reply-To", raw)
        self.assertIn(b"\r\nReferences: <bon@b>\r\n", raw)

    def test_a_message_with_controls_in_its_identifier_can_be_answered(self) -> None:
        read = parse(
            b"From: <d@x.fr>\r\nMessage-ID: <a\x01b\x7f@x.fr>\r\nReferences: c\x02@x.fr\r\n\r\nBonjour\r\n"
        )

        raw = compose(changed(in_reply_to=read.message_id, references=(*read.references, read.message_id)))

        self.assertIn(b"\r\nIn-Reply-To: <ab@x.fr>\r\n", raw)

    def test_a_mail_without_recipient_or_time_zone_is_refused(self) -> None:
        for wrong in (changed(to=()), changed(date=datetime(2026, 1, 1))):  # noqa: DTZ001
            with self.assertRaises(Unsendable):
                compose(wrong)


class TestFiles(unittest.TestCase):
    def test_names_survive_accents_and_length(self) -> None:
        for name in (
            "a.pdf",
            "résumé de l’été.pdf",
            "100 % «\u00a0sûr\u00a0».pdf",
            "€" * 116 + ".pdf",
            'a"b;c.pdf',
            "🙂" * 116 + ".pdf",
        ):
            raw = compose(changed(attachments=(OutgoingFile(name, "application/pdf", b"x"),)))
            assert_sound(raw)
            self.assertEqual(parse(raw).attachments[0].name, name)

    def test_old_programs_find_a_plain_name(self) -> None:
        raw = compose(changed(attachments=(OutgoingFile("résumé €.pdf", "application/pdf", b"x"),)))
        self.assertIn(b'filename="resume _.pdf"', raw)

    def test_what_is_no_file_is_refused(self) -> None:
        for name, kind in (
            ("", "text/plain"),
            ("a/b", "text/plain"),
            ("x" * 121, "text/plain"),
            ("a", "message/rfc822"),
            ("a", "multipart/mixed"),
            ("a", "text"),
            ("a", "text/plain; x=y"),
        ):
            with self.subTest(name=name, kind=kind), self.assertRaises(Unsendable):
                compose(changed(attachments=(OutgoingFile(name, kind, b"x"),)))

    def test_the_size_is_known_before_the_bytes(self) -> None:
        for sizes in ((), (0,), (1, 56, 57, 58), (100_000, 3)):
            mail = changed(
                attachments=tuple(OutgoingFile("é.pdf", "application/pdf", bytes(n)) for n in sizes)
            )
            self.assertEqual(encoded_size(mail), len(compose(mail)), sizes)


class TestAnyText(unittest.TestCase):
    @given(st.text(), st.text(max_size=80))
    def test_any_text_is_sent_sound_or_refused(self, body: str, subject: str) -> None:
        try:
            raw = compose(changed(text=body, subject=subject))
        except Unsendable:
            return
        assert_sound(raw)
        self.assertEqual(
            len(email.message_from_bytes(raw).keys()), len(email.message_from_bytes(compose(MAIL)).keys())
        )
