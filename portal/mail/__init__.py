"""IMAP, SMTP, TLS and MIME: bytes and dataclasses, no Django and no ORM."""
