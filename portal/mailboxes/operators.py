"""The operators to choose from: those of operators.toml, and before them those of the deployment's own file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.mailboxes.actions import Server
from portal.mailboxes.models import Security

OURS = Path(__file__).with_name("operators.toml")


@dataclass(frozen=True)
class Operator:
    """What is known of one operator; a server's host may be empty."""

    slug: str
    name: str
    note: str
    imap: Server
    smtp: Server
    trust_pem: str = ""
    crl_pem: str = ""


def operators() -> list[Operator]:
    """In the order in which they are offered. Raises ImproperlyConfigured for a file that cannot be read."""
    own = Path(settings.OPERATORS_FILE) if settings.OPERATORS_FILE else None
    return [each for path in (own, OURS) if path for each in _read(path)]


def operator(slug: str) -> Operator | None:
    return next((each for each in operators() if each.slug == slug), None)


def _read(path: Path) -> list[Operator]:
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("operator", [])
        return [_made(entry, path.parent) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(f"OPERATORS_FILE: {path.name} cannot be read") from error


def _made(entry: dict[str, Any], folder: Path) -> Operator:
    name = str(entry["name"])
    return Operator(
        slug=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        name=name,
        note=str(entry.get("note", "")),
        imap=_server(entry["imap"]),
        smtp=_server(entry["smtp"]),
        trust_pem=_file(entry, "trust", folder),
        crl_pem=_file(entry, "crl", folder),
    )


def _server(entry: dict[str, Any]) -> Server:
    return Server(str(entry.get("host", "")), int(entry["port"]), Security(entry["security"]))


def _file(entry: dict[str, Any], name: str, folder: Path) -> str:
    return (folder / entry[name]).read_text("ascii") if name in entry else ""
