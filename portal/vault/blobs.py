"""Give a table one sealed blob per row: small ones in the row, large ones in a file."""

from __future__ import annotations

from io import BytesIO
from itertools import chain
from typing import Any, ClassVar

from django.core.checks import CheckMessage, Error
from django.db import models

from portal.vault.files import PATH_LENGTH, open_file, sweep_orphans, write_file
from portal.vault.index import FINGERPRINT_LENGTH, fingerprint
from portal.vault.keys import current_keyring
from portal.vault.rows import LABEL, row_context
from portal.vault.streams import open_chunks, seal_chunks

__all__ = ["BLOB_FIELDS", "BlobColumns", "blob_digest", "sweep_orphans"]

INLINE_BYTES = 64 * 1024  # of the sealed form
BLOB_FIELDS = ("inline", "path", "size", "digest")


class BlobColumns(models.Model):
    """The columns of a blob. `blob_label` names it for ever, as a sealed field's label does.

    A list should `.defer("inline")`. `sweep_orphans` removes the file of a row rolled back or deleted.
    """

    blob_label: ClassVar[str]

    inline = models.BinaryField(null=True, editable=False)
    path = models.CharField(max_length=PATH_LENGTH, blank=True, default="", editable=False)
    size = models.PositiveIntegerField(editable=False)
    digest = models.CharField(max_length=FINGERPRINT_LENGTH, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(inline__isnull=True) | models.Q(path=""), name="%(class)s_one_blob"
            )
        ]

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        errors = super().check(**kwargs)
        if not LABEL.fullmatch(getattr(cls, "blob_label", "")):
            errors.append(Error("A table of blobs needs a blob_label.", obj=cls, id="vault.E003"))
        return errors

    def put_blob(self, data: bytes) -> None:
        """Seal `data` and fill the columns; the caller saves the row (BLOB_FIELDS) and commits.

        Raises:
            OSError: a large one could not be written.
        """
        pieces = seal_chunks(data, keyring=current_keyring(), context=row_context(self.blob_label, self))
        head = b""
        for piece in pieces:
            head += piece
            if len(head) > INLINE_BYTES:
                self.inline, self.path = None, write_file(chain([head], pieces))
                break
        else:
            self.inline, self.path = head, ""
        self.size, self.digest = len(data), blob_digest(data)

    def read_blob(self) -> bytes:
        """The bytes that were put.

        Raises:
            Unopenable: altered, or put for another row, table or pharmacy.
            BlobMissing: its file is gone.
        """
        keyring, context = current_keyring(), row_context(self.blob_label, self)
        if self.inline is not None:
            return open_chunks(BytesIO(self.inline), keyring=keyring, context=context)
        with open_file(self.path) as file:
            return open_chunks(file, keyring=keyring, context=context)


def blob_digest(data: bytes) -> str:
    """What recognises the same bytes again inside this pharmacy, and tells nobody else what they are."""
    return fingerprint("blob", data)
