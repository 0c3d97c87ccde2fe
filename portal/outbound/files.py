"""Attach files to a draft: named, measured, examined before they are kept."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from portal.conversations.filing import NewFile
from portal.conversations.models import ScanState
from portal.documents.antivirus import Verdict, may_open, scan
from portal.documents.sniff import DOWNLOAD, Kind, kind_of, served_type
from portal.lib.ids import uuid7
from portal.lib.prepared import prepared
from portal.mail.compose import OutgoingFile, base64_size
from portal.mail.names import clean_name
from portal.outbound.drafts import lock_draft
from portal.outbound.models import Draft, DraftFile
from portal.team.models import User

MOST_FILES = 20
# Header fields and the edges of the parts.
ROOM_FOR_HEADERS = 16 * 1024
MEGABYTE = 1024 * 1024
TYPES = {
    Kind.ZIP: "application/zip",
    Kind.XDM: "application/zip",
    Kind.HEIC: "image/heic",
    Kind.CDA: "text/xml",
}


class FileRefused(Exception):
    """The file was not attached; the message says why, in French."""


def attach_file(
    draft: Draft,
    *,
    by: User,
    name: str,
    content: bytes,
    declared_type: str = "",
    file_id: UUID | None = None,
) -> DraftFile:
    """Keep a file with a draft; under the same `file_id` again it is there already.

    Raises:
        FileRefused: empty, too big beside the others, infected, or not examined.
        NoSuchDraft: the draft was sent or discarded meanwhile, or is not `by`'s.
    """
    if not content:
        raise FileRefused("Ce fichier est vide.")
    _examine(content)
    shown = clean_name(name) or "pièce jointe"
    file = DraftFile(
        id=file_id or uuid7(), draft=draft, name=shown, kind=kind_of(content, declared_type, shown)
    )
    with transaction.atomic():
        kept = lock_draft(draft, by=by)  # a second click waits here
        there = kept.files.filter(pk=file.pk).first()
        if there is not None:
            return there
        _refuse_too_much(kept, len(content))
        file.put_blob(content)
        file.save(force_insert=True)
    return file


def detach_file(draft: Draft, file_id: UUID, *, by: User) -> None:
    """Take a file off again; one that is gone already is no error.

    Raises:
        NoSuchDraft: the draft was sent or discarded meanwhile, or is not `by`'s.
    """
    with transaction.atomic():
        lock_draft(draft, by=by).files.filter(pk=file_id).delete()


@prepared
def files_in(draft: UUID, with_bytes: bool) -> QuerySet[DraftFile]:
    """The files of a draft in their order."""
    files = DraftFile.objects.filter(draft=draft).order_by("created_at", "pk")
    return files if with_bytes else files.defer("inline")


def outgoing(file: DraftFile) -> OutgoingFile:
    """The file as it goes into the mail."""
    return OutgoingFile(file.name, _mail_type(Kind(file.kind), file.name), file.read_blob())


def filed(file: DraftFile, content: bytes, *, position: int) -> NewFile:
    """The file as the conversation shows it: in a composed mail the text is part 1 and files follow."""
    return NewFile(
        part=str(position + 2),
        name=file.name,
        kind=file.kind,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        scan=ScanState.UNSCANNED if settings.ANTIVIRUS == "off" else ScanState.CLEAN,
    )


def _examine(content: bytes) -> None:
    if len(content) > settings.MAX_MESSAGE_BYTES:
        raise FileRefused(too_big())
    verdict = scan(content)
    if verdict == Verdict.INFECTED:
        raise FileRefused("L’antivirus a trouvé un virus dans ce fichier.")
    if not may_open(verdict):
        raise FileRefused("L’antivirus n’a pas pu examiner ce fichier. Réessayez dans un instant.")


def _refuse_too_much(draft: Draft, size: int) -> None:
    sizes = list(draft.files.values_list("size", flat=True))
    if len(sizes) >= MOST_FILES:
        raise FileRefused(f"Pas plus de {MOST_FILES} fichiers par message.")
    whole = sum(base64_size(each) for each in [*sizes, size, len(draft.text.encode())]) + ROOM_FOR_HEADERS
    if whole > settings.MAX_MESSAGE_BYTES:
        raise FileRefused(too_big())


def too_big() -> str:
    """What to say of too many bytes. Files grow by a third in a mail (RFC 2045 6.8)."""
    room = settings.MAX_MESSAGE_BYTES * 3 // 4 // MEGABYTE
    return f"Trop gros : un message emporte au plus {room} Mo de fichiers en tout."


def _mail_type(kind: Kind, name: str) -> str:
    told = TYPES.get(kind) or served_type(kind, name)
    return told.partition(";")[0] or DOWNLOAD
