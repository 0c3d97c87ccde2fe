"""Read IHE_XDM.zip: which documents it holds, and whether they are those announced. In the confined child only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from lxml import etree

from portal.documents import cda, codes
from portal.documents.archive import Archive
from portal.documents.readings import Document
from portal.documents.sniff import Kind, kind_of
from portal.documents.xmltree import tree
from portal.lib.confined import Refused
from portal.lib.text import visible

NS = {"r": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}
METADATA = re.compile(r"(?:.*/)?METADATA\.XML")
PATIENT = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
TYPE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
MOST_DOCUMENTS = 20
LONGEST = 200
COPIES = (Kind.PDF, Kind.JPEG, Kind.PNG)


@dataclass(frozen=True, slots=True)
class Announced:
    """What METADATA.XML says of one document; `patient` and `patient_root` are of its patient's identifier."""

    uri: str
    sha1: str
    size: str
    label: str
    code: str
    patient: str
    patient_root: str


@dataclass(frozen=True, slots=True)
class Held:
    """A document, and what may be drawn of it."""

    document: Document
    copy: bytes


def held(data: memoryview) -> tuple[tuple[Held, ...], tuple[str, ...]]:
    """The documents as announced, in order, and warnings on the whole.

    Raises Refused: those of Archive, xml-damaged, xml-doctype, no-document.
    """
    archive = Archive(data)
    found: list[Held] = []
    warnings: list[str] = []
    places = [path for path in archive.paths if METADATA.fullmatch(path)]
    for place in places:
        folder = place.removesuffix("METADATA.XML")
        for announced in _announced(tree(archive.read(place) or b"")):
            found.append(_held(archive, folder, announced))
            if len(found) > MOST_DOCUMENTS:
                raise Refused("archive-limits")
    if not places:
        warnings.append("no-metadata")
        found.extend(_unannounced(archive))
    if not found:
        raise Refused("no-document")
    if len(_patients(found)) > 1:
        warnings.append("several-patients")
    return tuple(found), tuple(warnings)


def _announced(metadata: etree._Element) -> Iterator[Announced]:
    for entry in metadata.iterfind(".//r:ExtrinsicObject", NS):
        patient, root = _patient(entry)
        kind = entry.find(f"r:Classification[@classificationScheme='{TYPE}']", NS)
        yield Announced(
            uri=unquote(_slot(entry, "URI")),
            sha1=_slot(entry, "hash").lower(),
            size=_slot(entry, "size"),
            label=_name(kind) or _name(entry),
            code=visible(kind.get("nodeRepresentation") or "")[:LONGEST] if kind is not None else "",
            patient=patient,
            patient_root=root,
        )


def _held(archive: Archive, folder: str, announced: Announced) -> Held:
    blank = Document(code=announced.code, label=announced.label)
    data = archive.read(folder + announced.uri) if announced.uri else None
    if data is None:
        return Held(replace(blank, warnings=("missing",)), b"")
    warnings = list(_differences(data, announced))
    kind = kind_of(data)
    if kind in COPIES:
        return Held(replace(blank, copy=hashlib.sha256(data).hexdigest(), warnings=tuple(warnings)), data)
    try:
        opened = cda.opened(data)
    except Refused as refusal:
        return Held(replace(blank, warnings=(*warnings, refusal.code)), b"")
    if _differs(announced, opened):
        warnings.append("patient-differs")
    document = opened.document
    return Held(replace(document, warnings=(*document.warnings, *warnings)), opened.copy)


def _differences(data: bytes, announced: Announced) -> Iterator[str]:
    """The digest of the standard is SHA-1: it tells of accidents, not of intent."""
    if announced.sha1 and announced.sha1 != hashlib.sha1(data, usedforsecurity=False).hexdigest():
        yield "hash"
    elif announced.size and announced.size != str(len(data)):
        yield "size"


def _differs(announced: Announced, opened: cda.Opened) -> bool:
    """Whether METADATA.XML and the document speak of two patients. Local numbers may stand in one of them only."""
    if not announced.patient or announced.patient in opened.known_as:
        return False
    patient = opened.document.patient
    return announced.patient_root in codes.INS_ROOTS and patient is not None and patient.ins != ""


def _patients(found: list[Held]) -> set[str]:
    named = [each.document.patient for each in found if each.document.patient]
    return {patient.ins for patient in named if patient.ins}


def _unannounced(archive: Archive) -> Iterator[Held]:
    """Without METADATA.XML, whatever is a document by its content."""
    for path in archive.paths[: 5 * MOST_DOCUMENTS]:
        data = archive.read(path) or b""
        if kind_of(data) != Kind.CDA:
            continue
        try:
            opened = cda.opened(data)
        except Refused as refusal:
            yield Held(Document(warnings=(refusal.code,)), b"")
        else:
            yield Held(opened.document, opened.copy)


def _patient(entry: etree._Element) -> tuple[str, str]:
    """The identifier and its root, of `matricule^^^&root&ISO^type` (HL7 CX)."""
    external = entry.find(f"r:ExternalIdentifier[@identificationScheme='{PATIENT}']", NS)
    value = (external.get("value") or "") if external is not None else _slot(entry, "sourcePatientId")
    parts = value[: 2 * LONGEST].split("^")
    authority = parts[3].split("&") if len(parts) > 3 else []
    return parts[0].replace(" ", "").upper(), authority[1] if len(authority) > 1 else ""


def _slot(entry: etree._Element, name: str) -> str:
    value = entry.find(f"r:Slot[@name='{name}']/r:ValueList/r:Value", NS)
    return (value.text or "").strip()[: 2 * LONGEST] if value is not None else ""


def _name(element: etree._Element | None) -> str:
    found = element.find("r:Name/r:LocalizedString", NS) if element is not None else None
    return visible((found.get("value") or "")[: 2 * LONGEST])[:LONGEST] if found is not None else ""
