"""The files of a message: shown in place, offered to be kept, or shut, and then why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from portal.conversations.models import Attachment, Message, ScanState
from portal.conversations.thread import files_of
from portal.documents.readings import Reading, reading_of
from portal.documents.rendering import DRAWN, STRUCTURED, Illegible, explained
from portal.documents.sniff import Kind
from portal.lib.confined import ChildUnavailable
from portal.patients.models import Patient
from portal.records.originals import Lost
from portal.team.models import User
from portal.vault.index import fingerprint
from portal.web.content import pages
from portal.web.content.links import Link, Use, sign
from portal.web.content.names import shown_name
from portal.web.content.opening import is_open
from portal.web.inbox.file_cards import AttachmentCard, FileState, HealthCard
from portal.web.inbox.health import health_cards
from portal.web.paths import path

KINDS = {
    Kind.PDF: "PDF",
    Kind.PNG: "Photo",
    Kind.JPEG: "Photo",
    Kind.HEIC: "Photo",
    Kind.ZIP: "Archive",
    Kind.XDM: "Document de santé",
    Kind.TEXT: "Texte",
    Kind.CDA: "Document de santé",
    Kind.OTHER: "Fichier",
}
SHUT: dict[str, tuple[FileState, str]] = {
    ScanState.PENDING: (
        "waiting",
        "L’antivirus n’a pas encore examiné cette pièce. Elle s’ouvrira dès que ce sera fait.",
    ),
    ScanState.INFECTED: (
        "blocked",
        "L’antivirus a trouvé un virus dans cette pièce : elle reste fermée. Prévenez l’expéditeur.",
    ),
    ScanState.UNSCANNED: ("waiting", "Aucun antivirus n’a pu examiner cette pièce : elle reste fermée."),
}
ONLY_KEPT = "Ce type de fichier ne s’affiche pas ici. Téléchargez-le pour l’ouvrir."
LOST = "Cette pièce est introuvable ou altérée dans le stockage. Prévenez votre administrateur."
LATER = "L’aperçu n’est pas disponible pour l’instant. Réessayez dans un instant."
# So many pages are offered at once; the others are asked for once a longer document comes into view, up to MOST.
AT_ONCE, MOST = 4, 200


class Files:
    """Makes the cards of one person's page: links are signed for her, as of now."""

    def __init__(self, me: User, origin: str, now: datetime) -> None:
        self._me = me
        self._origin = origin
        self._now = now

    def cards(self, message: Message, patient: Patient | None = None) -> tuple[AttachmentCard, ...]:
        """The files of a message; a document of health and its PDF that came beside it are one (Ségur DD.15)."""
        files = files_of(message)
        readings = {file.pk: reading_of(file.reading) for file in files if file.kind in STRUCTURED}
        beside = {fingerprint("attachment", copy): pk for pk, copy in _copies(readings) if len(files) > 1}
        copies = {
            beside[file.digest]: file
            for file in files
            if file.kind not in STRUCTURED and file.digest in beside and is_open(file)
        }
        merged = {file.pk for file in copies.values()}
        return tuple(
            self.card(file, message, patient, copy=copies.get(file.pk))
            for file in files
            if file.pk not in merged
        )

    def card(
        self,
        attachment: Attachment,
        message: Message,
        patient: Patient | None = None,
        *,
        copy: Attachment | None = None,
    ) -> AttachmentCard:
        """Without opening the file: what was read in it when it came in, and its first pages."""
        kind = Kind(attachment.kind)
        if not is_open(attachment):
            return self._made(attachment, message, *SHUT[attachment.scan])
        reading = reading_of(attachment.reading)
        if reading and reading.fault:
            return self._made(attachment, message, "illegible", explained(reading.fault))
        if kind not in DRAWN and not (kind in STRUCTURED and reading):
            return self._made(attachment, message, "download", ONLY_KEPT)
        card = self._shown(attachment, message, reading.pages if reading else 0)
        if reading and reading.documents:
            card = _told(card, health_cards(reading, patient))
        return replace(card, copy_url=_download_url(copy)) if copy else card

    def whole(
        self, attachment: Attachment, message: Message, patient: Patient | None = None
    ) -> AttachmentCard:
        """With all its pages; the first one is drawn, so that what cannot be drawn is known."""
        card = self.card(attachment, message, patient)
        if card.state != "shown" or (card.documents and not card.page_urls):
            return card
        try:
            pages.picture(attachment, 0)
            count = pages.count(attachment)
        except Illegible as error:
            return replace(card, state="illegible", words=error.explanation, page_urls=(), pages_url="")
        except Lost:
            return self._made(attachment, message, "blocked", LOST)
        except ChildUnavailable:
            return self._made(attachment, message, "download", LATER)
        return replace(
            card, page_urls=self._page_urls(attachment, min(count, MOST)), pages_url="", count=count
        )

    def _shown(self, attachment: Attachment, message: Message, count: int) -> AttachmentCard:
        """`count` is 0 where nobody counted: then the first page is tried."""
        known = count > 0 or attachment.kind in STRUCTURED
        few = min(count, AT_ONCE) if known else 1
        more = count > few or (not known and attachment.kind == Kind.PDF)
        return replace(
            self._made(attachment, message, "shown"),
            page_urls=self._page_urls(attachment, few if count <= AT_ONCE else 1),
            pages_url=path("attachment", attachment.pk) if more else "",
            count=count,
        )

    def _made(
        self, attachment: Attachment, message: Message, state: FileState, words: str = ""
    ) -> AttachmentCard:
        kind = Kind(attachment.kind)
        kept = state in {"shown", "download", "illegible"}
        return AttachmentCard(
            id=attachment.pk,
            name=shown_name(attachment.name, kind),
            kind=KINDS[kind],
            size=attachment.size,
            at=message.at,
            state=state,
            words=words,
            download_url=_download_url(attachment) if kept else "",
        )

    def _page_urls(self, attachment: Attachment, pages: int) -> tuple[str, ...]:
        return tuple(
            self._origin + sign(Link(Use.PAGE, attachment.pk, self._me.pk, page), now=self._now)
            for page in range(pages)
        )


def _told(card: AttachmentCard, documents: tuple[HealthCard, ...]) -> AttachmentCard:
    """Named by what it is: every archive is called IHE_XDM.zip."""
    others = f" et {len(documents) - 1} autre" + "s" * (len(documents) > 2) if len(documents) > 1 else ""
    return replace(card, name=f"{documents[0].title}{others}", documents=documents)


def _copies(readings: dict[UUID, Reading | None]) -> Iterator[tuple[UUID, str]]:
    for pk, reading in readings.items():
        yield from ((pk, each.copy) for each in (reading.documents if reading else ()) if each.copy)


def _download_url(attachment: Attachment) -> str:
    return path("attachment_file", attachment.pk)
