"""Read a CDA R2 document: its header, and the copy of itself that it carries. Runs in the confined child only."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from portal.documents import codes
from portal.documents.narrative import blocks_of
from portal.documents.readings import Document, Identity, Professional
from portal.documents.xmltree import tree, words
from portal.lib.confined import Refused
from portal.lib.text import visible

NS = {"c": "urn:hl7-org:v3"}
ROOT = "{urn:hl7-org:v3}ClinicalDocument"
LONGEST = 200
MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?(?:\.\d+)?([+-]\d{4})?)?")
NUMBER = re.compile(r"[0-9A-Za-z-]{1,40}")
MATRICULE = re.compile(r"[0-9A-Za-z]{1,20}")
DOCTOR = {"DR", "DR.", "DOCTEUR"}


@dataclass(frozen=True, slots=True)
class Opened:
    """`copy` holds the bytes of what `document.copy` is the digest of; `known_as` all identifiers of the patient."""

    document: Document
    copy: bytes
    known_as: frozenset[str]


def opened(data: bytes) -> Opened:
    """Raises Refused: xml-doctype, xml-damaged, not-cda."""
    whole = tree(data)
    # One that "presents itself" stands inside a stylesheet: the document is read, the stylesheet never.
    root = whole if whole.tag == ROOT else next(iter(whole.findall(ROOT) + whole.findall(f"*/{ROOT}")), None)
    if root is None:
        raise Refused("not-cda")
    roles = root.findall("c:recordTarget/c:patientRole", NS)
    copy = _copy(root)
    document = Document(
        code=_attribute(root, "c:code", "code"),
        label=_attribute(root, "c:code", "displayName"),
        title=_text(root.find("c:title", NS)),
        written_at=moment(_attribute(root, "c:effectiveTime", "value")),
        version=_version(_attribute(root, "c:versionNumber", "value")),
        replaces=root.find("c:relatedDocument[@typeCode='RPLC']", NS) is not None,
        patient=_identity(roles[0]) if roles else None,
        author=_author(root),
        authenticator=_professional(root.find("c:legalAuthenticator/c:assignedEntity", NS)),
        number=_number(root),
        copy=hashlib.sha256(copy).hexdigest() if copy else "",
        blocks=blocks_of(root),
        warnings=("several-patients",) if len(roles) > 1 else (),
    )
    return Opened(document, copy, frozenset(_identifiers(roles)))


def moment(stamp: str) -> str:
    """An HL7 time as ISO 8601, as exact as it is; empty when it is none."""
    found = MOMENT.match(stamp.strip())
    if not found:
        return ""
    year, month, day, hour, minute, second, offset = found.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    zone = f"{offset[:3]}:{offset[3:]}" if offset else ""
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}"


def _identity(role: etree._Element) -> Identity:
    ins = next((each for each in role.findall("c:id", NS) if each.get("root") in codes.INS_ROOTS), None)
    matricule = (ins.get("extension") or "").replace(" ", "").upper() if ins is not None else ""
    known = ins is not None and MATRICULE.fullmatch(matricule)
    name = role.find("c:patient/c:name", NS)
    sex = _attribute(role, "c:patient/c:administrativeGenderCode", "code")
    return Identity(
        ins=matricule if known else "",
        oid=str(ins.get("root")) if ins is not None and known else "",
        birth_name=_named(name, "family", ("BR", None, "CL", "SP")),
        first_names=_named(name, "given", (None, "BR", "CL")),
        born=moment(_attribute(role, "c:patient/c:birthTime", "value"))[:10],
        sex=sex if sex in {"M", "F"} else "",
    )


def _named(name: etree._Element | None, part: str, order: tuple[str | None, ...]) -> str:
    """The parts under the first qualifier of `order` that there is (CI-SIS: BR at birth, CL in use)."""
    found = [] if name is None else name.findall(f"c:{part}", NS)
    for qualifier in order:
        texts = [_text(each) for each in found if each.get("qualifier") == qualifier]
        if any(texts):
            return " ".join(texts)[:LONGEST]
    return ""


def _identifiers(roles: list[etree._Element]) -> Iterator[str]:
    for role in roles:
        for each in role.findall("c:id", NS):
            yield (each.get("extension") or "").replace(" ", "").upper()


def _author(root: etree._Element) -> Professional | None:
    """The first who is a person, else the program that wrote it."""
    for assigned in root.findall("c:author/c:assignedAuthor", NS)[:10]:
        person = _professional(assigned)
        if person and person.name:
            return person
    program = _text(root.find("c:author/c:assignedAuthor/c:assignedAuthoringDevice/c:softwareName", NS))
    return Professional(name=program) if program else None


def _professional(assigned: etree._Element | None) -> Professional | None:
    if assigned is None:
        return None
    name = assigned.find("c:assignedPerson/c:name", NS)
    identifier = assigned.find(f"c:id[@root='{codes.PROFESSIONALS}']", NS)
    rpps = (identifier.get("extension") or "") if identifier is not None else ""
    return Professional(
        name=_full_name(name),
        speciality=_attribute(assigned, "c:code", "displayName"),
        organisation=_text(assigned.find("c:representedOrganization/c:name", NS)),
        rpps=rpps[1:] if re.fullmatch(r"8\d{11}", rpps) else "",
    )


def _full_name(name: etree._Element | None) -> str:
    if name is None:
        return ""
    parts = {part: _text(name.find(f"c:{part}", NS)) for part in ("prefix", "given", "family", "suffix")}
    doctor = {parts["prefix"].upper(), parts["suffix"].upper()} & DOCTOR
    words = ("Dr" if doctor else "", parts["given"], parts["family"])
    return " ".join(word for word in words if word) or _text(name)


def _number(root: etree._Element) -> str:
    found = root.find(f"c:documentationOf/c:serviceEvent/c:id[@root='{codes.PRESCRIPTION_NUMBERS}']", NS)
    number = (found.get("extension") or "").strip() if found is not None else ""
    return number if NUMBER.fullmatch(number) else ""


def _copy(root: etree._Element) -> bytes:
    """What the document looks like, as its author's program drew it: the whole body, or section 55108-5."""
    whole = root.find("c:component/c:nonXMLBody/c:text", NS)
    if whole is not None:
        return _decoded(whole)
    for section in root.iterfind(".//c:section", NS):
        if _attribute(section, "c:code", "code") == codes.COPY:
            for value in section.iterfind(".//c:observationMedia/c:value", NS):
                if copy := _decoded(value):
                    return copy
    return b""


def _decoded(value: etree._Element) -> bytes:
    if value.get("representation") != "B64":
        return b""
    try:
        return b64decode("".join((value.text or "").split()))
    except (binascii.Error, ValueError):
        return b""


def _version(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _attribute(element: etree._Element, path: str, name: str) -> str:
    found = element.find(path, NS)
    return visible((found.get(name) or "")[: 2 * LONGEST])[:LONGEST] if found is not None else ""


def _text(element: etree._Element | None) -> str:
    """All that is written in it, on one line."""
    if element is None:
        return ""
    return visible(words(element)[: 4 * LONGEST])[:LONGEST]
