"""Open a ZIP of strangers in memory, within limits. Runs in the confined child only."""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO

from portal.lib.confined import Refused

MOST_MEMBERS = 200
MOST_BYTES = 64 * 1024 * 1024
FREE_BYTES = 1024 * 1024  # up to here a member may be as compressed as it likes
MOST_RATIO = 100
LONGEST_NAME = 255
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1


def preload() -> None:
    """Open one, so that the codec of its names is loaded while files can still be opened."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("A", b"a")
    Archive(memoryview(buffer.getvalue())).read("A")


class Archive:
    """Its members by their path in capitals: case varies in what senders write (mssante.md 2.5)."""

    def __init__(self, data: memoryview) -> None:
        """Raises Refused: archive-damaged, archive-limits, archive-encrypted, archive-names."""
        try:
            self._file = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Refused("archive-damaged") from error
        members = [member for member in self._file.infolist() if not member.is_dir()]
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
            raise Refused("archive-limits")
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            self._add(member)

    @property
    def paths(self) -> list[str]:
        return list(self._members)

    def read(self, path: str) -> bytes | None:
        """A member's bytes; None when there is no such. Raises Refused."""
        member = self._members.get(path.upper())
        if member is None:
            return None
        try:
            data = self._file.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
            raise Refused("archive-damaged") from error
        return data

    def _add(self, member: zipfile.ZipInfo) -> None:
        path = member.filename.upper()
        if member.flag_bits & ENCRYPTED:
            raise Refused("archive-encrypted")
        if not _is_plain(member) or path in self._members:
            raise Refused("archive-names")
        ratio = member.file_size / max(1, member.compress_size)
        if member.compress_type not in METHODS or (member.file_size > FREE_BYTES and ratio > MOST_RATIO):
            raise Refused("archive-limits")
        self._members[path] = member


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """A file, below where the archive is opened. `orig_filename` still has what zipfile mends in silence."""
    name = member.orig_filename
    if len(name) > LONGEST_NAME or "\\" in name or "\0" in name or ":" in name or name.startswith("/"):
        return False
    mode = member.external_attr >> 16
    return ".." not in name.split("/") and not stat.S_ISLNK(mode)
