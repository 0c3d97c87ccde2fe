"""Text messages: a gateway for any provider that takes JSON over HTTPS, and how another kind is plugged in.

French providers differ in their address, in the header of their key and in the names of three fields: all of that is
configuration. One that asks for a signature, say, gets a class of its own (`SMS_GATEWAY`).
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from portal.mail.faults import Code, MailboxFault, PermanentFault, TemporaryFault
from portal.mail.tls import named
from portal.notices.words import Words

SECONDS = 20.0  # of connecting, and of each read: together shorter than a notice's lease (deliver.py)
MOST_READ = 64 * 1024
AGAIN_LATER = frozenset({408, 409, 425, 429})
NOT_LET_IN = frozenset({401, 402, 403})  # the key, or the credit
NOT_FOUND = frozenset({404, 405, 415})  # nobody takes texts at this address, or not as JSON
# What is filled into the body: nothing else is replaced, so that braces of its own do no harm.
BLANKS = re.compile(r"\{(to|text|from|id)\}")
# 06 and 07 at home; and the mobiles of each overseas département, which share these figures.
OVERSEAS = {
    **dict.fromkeys(("690", "691"), "590"),
    "694": "594",
    **dict.fromkeys(("696", "697"), "596"),
    **dict.fromkeys(("692", "693", "639"), "262"),
}
FICTION = "63998"  # what Arcep keeps for films and demonstrations, at home
WRITTEN = re.compile(r"[\s.\-/()\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]+")
HERE = re.compile(r"0([67]\d{8})")
ABROAD = re.compile(r"\+\d{8,15}")


class BadNumber(ValueError):
    """This is no number of a mobile phone."""


def mobile(typed: str) -> str:
    """The number as the networks write it, such as +33612345678. Raises BadNumber."""
    number = WRITTEN.sub("", typed)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if here := HERE.fullmatch(number):
        abroad = "" if here[1].startswith(FICTION) else OVERSEAS.get(here[1][:3], "")
        number = f"+{abroad or '33'}{here[1]}"
    if not ABROAD.fullmatch(number) or (number.startswith("+33") and not HERE.fullmatch(f"0{number[3:]}")):
        raise BadNumber
    return number


def readable(number: str) -> str:
    """As people write it: « 06 12 34 56 78 » at home, as it is elsewhere."""
    if not number.startswith("+33"):
        return number
    figures = f"0{number[3:]}"
    return " ".join(figures[at : at + 2] for at in range(0, len(figures), 2))


def is_configured() -> bool:
    """Whether text messages are offered (docs/configuration.md)."""
    return bool(settings.SMS_URL or settings.SMS_GATEWAY)


@dataclass(frozen=True)
class JsonGateway:
    """One POST for one text: a 2xx means taken."""

    url: str
    headers: dict[str, str]
    body: Any
    sender: str
    plus: bool
    context: ssl.SSLContext

    @classmethod
    def configured(cls) -> JsonGateway:
        """Raises MailboxFault: what is configured makes no sense."""
        try:
            headers, body = json.loads(settings.SMS_HEADERS or "{}"), json.loads(settings.SMS_BODY)
            context = ssl.create_default_context(cafile=settings.SMS_CA or None)
        except ValueError as error:
            raise MailboxFault(Code.SETTINGS_ADDRESS) from error
        except OSError as error:
            raise MailboxFault(Code.SETTINGS_TRUST) from error
        parts = urlsplit(settings.SMS_URL)
        if parts.scheme != "https" or not parts.hostname or not isinstance(headers, dict):
            raise MailboxFault(Code.SETTINGS_ADDRESS)
        return cls(settings.SMS_URL, headers, body, settings.SMS_FROM, settings.SMS_PLUS, context)

    def send(self, words: Words, *, to: str, message_id: str, at: datetime) -> None:
        """Raises TransportFault. The provider's words may repeat the number: its status alone is kept."""
        values = {
            "to": to if self.plus else to.removeprefix("+"),
            "text": words.short,
            "from": self.sender,
            "id": message_id,
        }
        _raise_unless_taken(self._post(json.dumps(_filled(self.body, values)).encode()))

    def _post(self, body: bytes) -> int:
        parts = urlsplit(self.url)
        line = HTTPSConnection(parts.hostname or "", parts.port, timeout=SECONDS, context=self.context)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.headers}
        try:
            line.request("POST", path, body, headers)
            answer = line.getresponse()  # led nowhere else: the key goes to this host alone
            answer.read(MOST_READ)
        except socket.gaierror as error:
            raise TemporaryFault(Code.DNS) from error
        except OSError as error:
            raise named(error) from error
        except HTTPException as error:
            raise TemporaryFault(Code.PROTOCOL) from error
        except ValueError as error:  # a header with a line's end in it
            raise MailboxFault(Code.SETTINGS_ADDRESS) from error
        else:
            return answer.status
        finally:
            line.close()


def _filled(template: Any, values: dict[str, str]) -> Any:
    """The body with its blanks filled, wherever they stand."""
    if isinstance(template, str):
        return BLANKS.sub(lambda found: values[found[1]], template)
    if isinstance(template, list):
        return [_filled(each, values) for each in template]
    if isinstance(template, dict):
        return {name: _filled(each, values) for name, each in template.items()}
    return template


def _raise_unless_taken(status: int) -> None:
    if 200 <= status < 300:
        return
    if status in NOT_LET_IN:
        raise MailboxFault(Code.LOGIN_REFUSED, str(status))
    if status in NOT_FOUND or 300 <= status < 400:
        raise MailboxFault(Code.SETTINGS_ADDRESS, str(status))
    if 400 <= status < 500 and status not in AGAIN_LATER:
        raise PermanentFault(Code.REJECTED, str(status))
    raise TemporaryFault(Code.DEFERRED, str(status))
