"""An SMTP server that takes every mail and keeps none: as little as sending can cost.

`python -m bench.sink CERTIFICATE` prints its port and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

GREETING = b"220 sink\r\n"
HELLO = b"250-sink\r\n250-SIZE 40000000\r\n250-8BITMIME\r\n250 DSN\r\n"
FINE, GO_AHEAD, BYE = b"250 2.0.0 Ok\r\n", b"354 Go ahead\r\n", b"221 Bye\r\n"
ANSWERS = {b"EHLO": HELLO, b"DATA": GO_AHEAD, b"QUIT": BYE}
LIMIT = 40_000_000


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, until QUIT or its end."""
    writer.write(GREETING)
    try:
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(ANSWERS.get(verb, FINE))
            if verb == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(FINE)
            if verb == b"QUIT":
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        return  # the client went
    finally:
        writer.close()


async def _run(certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, limit=LIMIT)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1]))
