"""All files of a conversation as one zip, made as it is sent: one file in memory at a time, and a list of them all."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from portal.conversations.models import Attachment, Conversation, MessageKind, ScanState
from portal.documents.sniff import Kind
from portal.lib.confined import ChildUnavailable
from portal.records.originals import Lost, bytes_of
from portal.web.content.names import shown_name
from portal.web.content.opening import is_open
from tenants.context import inside
from tenants.models import Pharmacy

LIST = "LISTE.txt"
LEFT_OUT = {
    ScanState.INFECTED: "laissée de côté : l’antivirus y a trouvé un virus",
    ScanState.PENDING: "laissée de côté : l’antivirus ne l’a pas encore examinée",
    ScanState.UNSCANNED: "laissée de côté : aucun antivirus n’a pu l’examiner",
}
LOST = "laissée de côté : introuvable ou altérée dans le stockage"
LATER = "laissée de côté : illisible pour l’instant, réessayez"


def files_of(conversation: Conversation) -> list[Attachment]:
    """In the order in which they came and went."""
    found = Attachment.objects.filter(message__conversation=conversation)
    return list(
        found.select_related("message__conversation")
        .defer("message__tokens")
        .order_by("message__at", "position")
    )


def zipped(files: Sequence[Attachment], pharmacy: Pharmacy) -> Iterator[bytes]:
    """The archive, piece by piece. It enters the pharmacy for each file: by then the view has answered."""
    sink = _Sink()
    told: list[str] = []
    names: set[str] = {LIST.lower()}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            name = _unused(shown_name(file.name, Kind(file.kind)), names)
            with inside(pharmacy):
                data, why = _found(file)
            told.append(f"{name} ({_origin(file)}) : {why or 'dans l’archive'}")
            if data is not None:
                archive.writestr(_entry(name, file), data)
                yield sink.taken()
        archive.writestr(LIST, "\r\n".join(["Pièces jointes de la conversation", "", *told, ""]))
    yield sink.taken()


def _found(file: Attachment) -> tuple[bytes | None, str]:
    """Its bytes, or why they are not given."""
    if not is_open(file):
        return None, LEFT_OUT[ScanState(file.scan)]
    try:
        return bytes_of(file), ""
    except Lost:
        return None, LOST
    except ChildUnavailable:
        return None, LATER


def _origin(file: Attachment) -> str:
    way = "envoyée" if file.message.kind == MessageKind.SENT else "reçue"
    return f"{way} le {file.message.at:%d/%m/%Y}"


def _entry(name: str, file: Attachment) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, file.message.at.timetuple()[:6])


def _unused(name: str, names: set[str]) -> str:
    """No folder, and no second file of the same name, whatever the letters' case."""
    bare = name.replace("/", "_").replace("\\", "_").replace(":", "_").lstrip(".") or "pièce jointe"
    path = PurePath(bare)
    unused, number = bare, 2
    while unused.lower() in names:
        unused, number = f"{path.stem} ({number}){path.suffix}", number + 1
    names.add(unused.lower())
    return unused


class _Sink:
    """What zipfile writes to: no file, so it neither seeks nor tells."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing was opened."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
