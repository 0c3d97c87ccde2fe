"""The files of a message: shown in place, offered to be kept, or shut, and then why."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from portal.conversations.models import Attachment, Message, ScanState
from portal.documents.rendering import DRAWN, EXPLANATIONS, Illegible
from portal.documents.sniff import Kind
from portal.lib.confined import ChildUnavailable
from portal.team.models import User
from portal.web.content import pages
from portal.web.content.links import Link, Use, sign
from portal.web.content.names import shown_name
from portal.web.content.opening import is_open
from portal.web.content.originals import Lost
from portal.web.inbox.cards import AttachmentCard, FileState

KINDS = {
    Kind.PDF: "PDF",
    Kind.PNG: "Photo",
    Kind.JPEG: "Photo",
    Kind.HEIC: "Photo",
    Kind.ZIP: "Archive",
    Kind.XDM: "Archive",
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
HEIC_KEPT = "Cette photo est au format HEIC : téléchargez-la pour l’ouvrir."
LOST = "Cette pièce est introuvable ou altérée dans le stockage. Prévenez votre administrateur."
LATER = "L’aperçu n’est pas disponible pour l’instant. Réessayez dans un instant."


class Files:
    """Makes the cards of one person's page: links are signed for her, as of now."""

    def __init__(self, me: User, origin: str, now: datetime) -> None:
        self._me = me
        self._origin = origin
        self._now = now

    def card(self, attachment: Attachment, message: Message) -> AttachmentCard:
        """Without reading the file: its first page, and where to ask for the others."""
        kind = Kind(attachment.kind)
        if not is_open(attachment):
            return self._made(attachment, message, *SHUT[attachment.scan])
        if kind not in DRAWN:
            return self._made(attachment, message, "download", ONLY_KEPT)
        return self._made(attachment, message, "shown", pages=1)

    def whole(self, attachment: Attachment, message: Message) -> AttachmentCard:
        """With all its pages; the file is read to count them."""
        card = self.card(attachment, message)
        if card.state != "shown":
            return card
        try:
            return self._made(attachment, message, "shown", pages=pages.count(attachment), whole=True)
        except Illegible as error:
            return self._made(attachment, message, "download", EXPLANATIONS[error.code])
        except Lost:
            return self._made(attachment, message, "blocked", LOST)
        except ChildUnavailable:
            return self._made(attachment, message, "download", LATER)

    def _made(
        self,
        attachment: Attachment,
        message: Message,
        state: FileState,
        words: str = "",
        *,
        pages: int = 0,
        whole: bool = False,
    ) -> AttachmentCard:
        kind = Kind(attachment.kind)
        more = kind == Kind.PDF and state == "shown" and not whole
        kept = state in {"shown", "download"}
        return AttachmentCard(
            id=attachment.pk,
            name=shown_name(attachment.name, kind),
            kind=KINDS[kind],
            size=attachment.size,
            at=message.at,
            state=state,
            words=words,
            page_urls=tuple(self._page_url(attachment, page) for page in range(pages)),
            pages_url=reverse("attachment", args=[attachment.pk]) if more else "",
            download_url=reverse("attachment_file", args=[attachment.pk]) if kept else "",
        )

    def _page_url(self, attachment: Attachment, page: int) -> str:
        return self._origin + sign(Link(Use.PAGE, attachment.pk, self._me.pk, page), now=self._now)
