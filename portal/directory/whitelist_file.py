"""Read a white list: the XML of the espace de confiance (mssante 2.7), or one domain a line."""

from __future__ import annotations

import re

from lxml import etree

NAMESPACE = "https://listeblanche.mssante.fr/schema"
MAX_BYTES = 20 * 1024 * 1024  # some five thousand domains take a few hundred kilobytes
MAX_DOMAINS = 100_000

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{4,253}}$){_LABEL}(?:\.{_LABEL})+")


class BadWhitelist(ValueError):
    """The file is no usable white list; the message says why, in French."""


def read_whitelist(content: bytes) -> set[str]:
    """The domains that a file names, in lower case.

    Raises:
        BadWhitelist: too large, damaged, empty, or a name in it is no domain.
    """
    if len(content) > MAX_BYTES:
        raise BadWhitelist("Le fichier est trop gros pour une liste blanche.")
    names = (
        _from_xml(content)
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        else _from_lines(content)
    )
    domains = {_checked(name) for name in names}
    if not domains:
        raise BadWhitelist("Le fichier ne contient aucun domaine.")
    if len(domains) > MAX_DOMAINS:
        raise BadWhitelist("Le fichier contient trop de domaines pour une liste blanche.")
    return domains


def _from_xml(content: bytes) -> list[str]:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise BadWhitelist("Le fichier XML contient une déclaration de type interdite.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadWhitelist(f"Le fichier XML est abîmé, ligne {error.lineno}.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        # In another encoding than UTF-8 the declaration has other bytes.
        raise BadWhitelist("Le fichier XML contient une déclaration de type interdite.")
    return [name.text or "" for name in root.iterfind(f".//{{{NAMESPACE}}}Domaine/{{{NAMESPACE}}}Nom")]


def _from_lines(content: bytes) -> list[str]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadWhitelist("Le fichier n’est ni du XML ni du texte en UTF-8.") from error
    return [line for line in map(str.strip, lines) if line and not line.startswith("#")]


def _checked(name: str) -> str:
    domain = name.strip().lower()
    if not _DOMAIN.fullmatch(domain):
        raise BadWhitelist("Le fichier contient un nom qui n’est pas un domaine.")
    return domain
