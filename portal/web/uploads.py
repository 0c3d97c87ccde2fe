"""Take uploaded files in memory: Django would write the larger ones to disk, in clear."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class CutFile(InMemoryUploadedFile):
    """A file of which not everything was taken: the request as a whole held more than a message may."""


class InMemoryUploads(FileUploadHandler):
    """Takes what one message may weigh from a whole request; what comes beyond is read and dropped."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._room = settings.MAX_MESSAGE_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._taken = io.BytesIO()
        self._cut = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._cut or len(raw_data) > self._room:
            self._cut = True
            return
        self._room -= len(raw_data)
        self._taken.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        made = CutFile if self._cut else InMemoryUploadedFile
        self._taken.seek(0)
        return made(
            self._taken,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
