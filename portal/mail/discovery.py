"""Find an operator's servers from the domain of an address: DNS SRV (RFC 6186, RFC 8314; ECO.1.1.9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import dns.exception
import dns.name
import dns.resolver

from portal.mail.endpoint import Security
from portal.mail.faults import Code, TemporaryFault

SECONDS = 5.0  # for each question
READING = {"_imaps._tcp": Security.IMPLICIT, "_imap._tcp": Security.STARTTLS}
SENDING = {"_submissions._tcp": Security.IMPLICIT, "_submission._tcp": Security.STARTTLS}
NOT_THERE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


@dataclass(frozen=True)
class Place:
    """Where a service is said to be."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True)
class Servers:
    """What the domain says of itself; None for what it does not say."""

    reading: Place | None
    sending: Place | None


def find_servers(domain: str, *, resolver: str = "") -> Servers:
    """Ask for the four services; `resolver` is `address[:port]`, by default what this machine uses.

    TLS at once is preferred (RFC 8314, 3). What is found is a proposal: DNS is not signed here, so a person
    looks at the names, and the certificate is checked against them later. Raises TemporaryFault (dns, timeout).
    """
    asker = _resolver(resolver)
    return Servers(_first(asker, domain, READING), _first(asker, domain, SENDING))


def _resolver(where: str) -> dns.resolver.Resolver:
    try:
        asker = dns.resolver.Resolver(configure=not where)
    except dns.exception.DNSException as error:
        raise TemporaryFault(Code.DNS) from error
    asker.lifetime = SECONDS
    if where:
        address, _, port = where.rpartition(":") if where.count(":") == 1 else (where, "", "")
        asker.nameservers = [address]
        asker.port = int(port or 53)
    return asker


def _first(asker: dns.resolver.Resolver, domain: str, services: dict[str, Security]) -> Place | None:
    for service, security in services.items():
        records = _records(asker, f"{service}.{domain}.")
        for record in sorted(records, key=lambda found: (found.priority, -found.weight)):
            host = record.target.to_text(omit_final_dot=True)
            if record.target != dns.name.root and host.isascii() and 0 < record.port < 65536:
                return Place(host.lower(), record.port, security)
    return None


def _records(asker: dns.resolver.Resolver, name: str) -> Iterable[Any]:
    try:
        return cast(Iterable[Any], asker.resolve(name, "SRV"))
    except NOT_THERE:
        return ()
    except dns.resolver.LifetimeTimeout as error:
        raise TemporaryFault(Code.TIMEOUT) from error
    except dns.exception.DNSException as error:
        raise TemporaryFault(Code.DNS) from error
