"""Say in French what was read in a document of health: a hint for the eyes, never proof of who the patient is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from portal.documents.codes import INS_TEST_ROOTS
from portal.documents.readings import Block, Document, Identity, Professional, Reading
from portal.documents.rendering import explained
from portal.patients.identity import key_fits
from portal.patients.models import Patient
from portal.web.inbox.file_cards import HealthCard, Passage
from portal.web.templatetags.officinal import PARIS, clock

UNTITLED = "Document de santé"
COPY = "copy-"
WARNINGS = {
    "hash": "Ce document n’est pas celui que l’archive annonce : demandez à l’expéditeur de le renvoyer.",
    "size": "Ce document n’a pas la taille que l’archive annonce : demandez à l’expéditeur de le renvoyer.",
    "patient-differs": "L’archive et le document ne désignent pas le même patient : vérifiez avant de vous en servir.",
    "several-patients": "Cet envoi parle de plusieurs patients : vérifiez pour qui est chaque document.",
    "no-metadata": "L’archive ne décrit pas son contenu : rien ne dit que ce document est complet.",
    "missing": "Ce document est annoncé, mais il manque dans l’archive.",
}
BAD_KEY = "La clé de cet INS est fausse : vérifiez le numéro."
ANOTHER = "Ce document porte un autre INS que celui du patient qui vous écrit."


def health_cards(reading: Reading, patient: Patient | None) -> tuple[HealthCard, ...]:
    """Its documents; `patient` is who writes, when it is one. Warnings on the whole stand with the first."""
    return tuple(
        _card(document, patient, reading.warnings if first else ())
        for first, document in ((not number, each) for number, each in enumerate(reading.documents))
    )


def _card(document: Document, patient: Patient | None, on_the_whole: Iterable[str]) -> HealthCard:
    subject = document.patient or Identity()
    author = document.author or document.authenticator or Professional()
    return HealthCard(
        code=document.code,
        title=document.title or document.label or UNTITLED,
        names=f"{subject.birth_name} {subject.first_names}".strip(),
        born=_day(subject.born),
        ins=subject.ins,
        author=author.name,
        about=" · ".join(words for words in (author.speciality, author.organisation) if words),
        written=_moment(document.written_at),
        day=_moment(document.written_at).partition(" ")[0],
        version=_version(document),
        number=document.number,
        warnings=(*_warnings(document, on_the_whole), *_doubts(subject, patient)),
        passages=tuple(_passages(document.blocks)),
    )


def _warnings(document: Document, on_the_whole: Iterable[str]) -> Iterator[str]:
    for code in dict.fromkeys((*on_the_whole, *document.warnings)):
        if code.startswith(COPY):
            reason = explained(code.removeprefix(COPY))
            yield f"Son PDF ne peut pas être affiché : voici ses mots. {reason}"
        else:
            yield WARNINGS.get(code) or explained(code)


def _doubts(subject: Identity, patient: Patient | None) -> Iterator[str]:
    """Never a reason to refuse: senders' software makes such mistakes (mssante.md 3.1)."""
    if subject.ins and subject.oid not in INS_TEST_ROOTS and not key_fits(subject.ins):
        yield BAD_KEY
    if subject.ins and patient and patient.ins and subject.ins != patient.ins:
        yield ANOTHER


def _version(document: Document) -> str:
    if document.replaces:
        return f"Version {document.version} : annule et remplace la précédente"
    return f"Version {document.version}" if document.version > 1 else ""


def _day(iso: str) -> str:
    try:
        return f"{date.fromisoformat(iso):%d/%m/%Y}"
    except ValueError:
        return ""


def _moment(iso: str) -> str:
    """Without an offset it is taken as it stands: it was written in France."""
    if len(iso) <= len("2026-01-12"):
        return _day(iso)
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return ""
    local = at.replace(tzinfo=PARIS) if at.tzinfo is None else at.astimezone(PARIS)
    return f"{local:%d/%m/%Y} à {clock(local)}"


def _passages(blocks: Iterable[Block]) -> Iterator[Passage]:
    """Rows that follow each other are a table, items a list."""
    for shape, run in groupby(blocks, key=lambda block: block.shape):
        rows = tuple(block.cells for block in run)
        if shape in ("row", "item"):
            yield Passage("table" if shape == "row" else "list", rows)
        else:
            yield from (Passage(shape, (row,)) for row in rows)
