"""Entries as the verifier reads them."""

from __future__ import annotations

from portal.audit.chain import Row
from portal.audit.models import Entry


def row_of(entry: Entry) -> Row:
    return Row(
        entry.n,
        entry.at_us,
        entry.actor_kind,
        None if entry.actor is None else str(entry.actor),
        entry.event,
        entry.object_kind,
        None if entry.object_id is None else str(entry.object_id),
        entry.detail,
        bytes(entry.previous),
        bytes(entry.hash),
    )
