"""The server's side of mutual TLS: its context, and whose certificate a client showed."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Protocol

from sandbox.authority import Authority


class HasExtraInfo(Protocol):
    """A transport or a stream writer of asyncio."""

    def get_extra_info(self, name: str) -> object: ...


def server_context(authority: Authority, folder: Path) -> ssl.SSLContext:
    """Mutual TLS by `authority`, whose files are in `folder`; its revocation list holds for clients."""
    authority.keep("server", authority.server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(cafile=folder / "ca.pem")
    context.load_verify_locations(cafile=folder / "crl.pem")
    context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def common_name(connection: HasExtraInfo) -> str:
    """The common name, lower case, of the certificate that the client showed; empty before TLS."""
    certificate = connection.get_extra_info("peercert")
    subject = certificate.get("subject", ()) if isinstance(certificate, dict) else ()
    names = [value for part in subject for kind, value in part if kind == "commonName"]
    return str(names[0]).lower() if names else ""
