"""The least that the same work costs on this machine: raw SQL, a flushed file, bare protocol loops."""

from __future__ import annotations

import os
import smtplib
import ssl
import time
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import psycopg
from imapclient import IMAPClient

RAW_STATEMENTS = 5
TOKENS = 190
RAW_BYTES, BODY_BYTES = 1_560, 1_500  # what 4.7 KB of French and its text weigh compressed
FILE_BYTES = 1024 * 1024


def insert_mails(hand: int, count: int, file_bytes: int) -> float:
    """The five statements that a mail cannot do without, in one transaction each; seconds for `count`.

    With `file_bytes`, that much is first written to a file of its own and flushed.
    """
    chance = Random(hand)
    body, raw = chance.randbytes(BODY_BYTES), chance.randbytes(RAW_BYTES)
    file = chance.randbytes(file_bytes)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute(
            "INSERT INTO floor_counter VALUES (%s, 0) ON CONFLICT (id) DO UPDATE SET n = 0", [hand]
        )
        connection.commit()
        tokens = [_tokens(chance) for _ in range(count)]
        began = time.perf_counter()
        for each in tokens:
            path = _write(file) if file else ""
            _insert(connection, hand, raw=b"" if file else raw, path=path, body=body, tokens=each)
        return time.perf_counter() - began


def read_mailbox(settings: tuple[str, int, str, str], context: ssl.SSLContext, *, chunk: int = 50) -> float:
    """Every body of a mailbox by a bare IMAPClient loop, kept nowhere; mails a second."""
    host, port, login, password = settings
    began = time.perf_counter()
    with IMAPClient(host, port, ssl_context=context) as session:
        session.plain_login(login, password)
        session.select_folder("INBOX", readonly=True)
        uids = session.search("ALL")
        found = sum(
            len(session.fetch(uids[start : start + chunk], ["BODY.PEEK[]", "INTERNALDATE"]))
            for start in range(0, len(uids), chunk)
        )
    return found / (time.perf_counter() - began)


def submit_mails(port: int, trust: str, raw: bytes, count: int) -> float:
    """`count` times the same bytes to the sink over one kept line, by smtplib; seconds."""
    with smtplib.SMTP_SSL("localhost", port, context=ssl.create_default_context(cadata=trust)) as session:
        session.ehlo()
        began = time.perf_counter()
        for _ in range(count):
            session.sendmail("pharmacie@bench.fr", ["medecin@bench.fr"], raw)
        return time.perf_counter() - began


def _insert(
    connection: psycopg.Connection, hand: int, *, raw: bytes, path: str, body: bytes, tokens: list[str]
) -> None:
    conversation: UUID = uuid4()
    connection.execute("INSERT INTO floor_raw VALUES (%s, %s, %s)", [uuid4(), raw, path])
    connection.execute("INSERT INTO floor_conversation VALUES (%s, now(), %s)", [conversation, body[:300]])
    connection.execute(
        "INSERT INTO floor_message VALUES (%s, %s, %s, array_to_tsvector(%s))",
        [uuid4(), conversation, body, tokens],
    )
    connection.execute("UPDATE floor_counter SET n = n + 1 WHERE id = %s", [hand])
    connection.execute("INSERT INTO floor_entry (hash) VALUES (%s)", [body[:32]])
    connection.commit()


def _tokens(chance: Random) -> list[str]:
    """As many as our mails have; one in ten is rare."""
    return [f"{chance.randrange(2_000 if n % 10 else 10_000_000):08x}" for n in range(TOKENS)]


def _write(content: bytes) -> str:
    folder = Path(os.environ["BLOB_ROOT"]) / "floor"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / uuid4().hex
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return str(path)
