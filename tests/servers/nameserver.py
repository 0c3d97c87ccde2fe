"""A name server on loopback that knows the SRV records of a test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Records = Mapping[str, list[str]]


@contextmanager
def name_server(records: Records, *, silent: bool = False) -> Iterator[str]:
    """Where it answers, as `address:port`. A record is "priority weight port target."; `silent` answers nothing."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, records, silent), daemon=True)
    thread.start()
    host, port = listener.getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _serve(listener: socket.socket, records: Records, silent: bool) -> None:
    with suppress(OSError):
        while True:
            data, peer = listener.recvfrom(4096)
            if data and not silent:
                listener.sendto(_answer(data, records), peer)


def _answer(data: bytes, records: Records) -> bytes:
    asked = dns.message.from_wire(data)
    name = asked.question[0].name.to_text().lower()
    answer = dns.message.make_response(asked)
    answer.flags |= dns.flags.AA
    if name in records:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "SRV", *records[name]))
    else:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()
