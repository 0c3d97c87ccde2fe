"""`python -m sandbox --state DIR`: run the stand-in operator until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from sandbox.operator import Operator, Ports


def main() -> None:
    """Read the options, serve, say where."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in MSSanté operator.")
    parser.add_argument("--state", type=Path, required=True, help="folder of its certificates and mailboxes")
    parser.add_argument("--imap", type=int, default=0, metavar="PORT", help="IMAP, TLS at once")
    parser.add_argument("--imap-starttls", type=int, default=0, metavar="PORT", help="IMAP with STARTTLS")
    parser.add_argument("--smtp", type=int, default=0, metavar="PORT", help="SMTP, TLS at once")
    parser.add_argument("--smtp-starttls", type=int, default=0, metavar="PORT", help="SMTP with STARTTLS")
    parser.add_argument("--notices", type=int, default=0, metavar="PORT", help="ordinary mail, TLS at once")
    parser.add_argument("--texts", type=int, default=0, metavar="PORT", help="text messages, HTTPS")
    options = parser.parse_args()
    wanted = Ports(
        options.imap,
        options.imap_starttls,
        options.smtp,
        options.smtp_starttls,
        options.notices,
        options.texts,
    )
    asyncio.run(_serve(Operator(options.state), wanted))


async def _serve(operator: Operator, wanted: Ports) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await operator.run(wanted, stop, lambda: _say(operator.ports))


def _say(ports: Ports) -> None:
    print(
        f"sandbox operator: IMAP {ports.imap} (STARTTLS {ports.imap_starttls}), "
        f"SMTP {ports.smtp} (STARTTLS {ports.smtp_starttls})",
        flush=True,
    )


if __name__ == "__main__":
    main()
