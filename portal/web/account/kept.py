"""A note that was being written when its author left the screen: it waits for her, sealed, in session and shift."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from uuid import UUID

from portal.conversations.notes import LONGEST_NOTE
from portal.team import login
from portal.team.models import Shift
from portal.team.shifts import keep_words
from portal.vault.keys import current_keyring
from portal.web.requests import PharmacyRequest, StaffRequest

KEPT = "kept-note"
CONVERSATION = re.compile(r"/equipe/echange/([0-9a-f-]{36})/")


def keep_note(request: StaffRequest, place: str) -> None:
    """Of the screen that is being left, if a note was begun there."""
    text, where = request.POST.get("note", "")[:LONGEST_NOTE], CONVERSATION.match(place)
    if not text.strip() or where is None:
        return
    words = json.dumps([where[1], text])
    request.session[KEPT] = _sealed(words, request.user.pk)
    keep_words(request.session.get(login.SHIFT), request.user, words)


def bring_back(request: PharmacyRequest, shift: Shift) -> None:
    """Into the session that its author has now."""
    if shift.note is not None:
        request.session[KEPT] = _sealed(shift.note, shift.user_id)


def kept_note(request: StaffRequest, conversation_id: UUID) -> str:
    """What was begun in this conversation; asks the database nothing."""
    sealed = request.session.get(KEPT)
    if sealed is None:
        return ""
    words = current_keyring().open(b64decode(sealed), _context(request.user.pk))
    where, text = json.loads(words)
    return str(text) if where == str(conversation_id) else ""


def lead_note(request: StaffRequest, *, of: UUID, to: UUID) -> None:
    """The conversation was joined to another one: what was begun there is brought back here."""
    text = kept_note(request, of)
    if text:
        words = json.dumps([str(to), text])
        request.session[KEPT] = _sealed(words, request.user.pk)
        keep_words(request.session.get(login.SHIFT), request.user, words)


def note_is_written(request: StaffRequest, conversation_id: UUID) -> None:
    if kept_note(request, conversation_id):
        del request.session[KEPT]
        keep_words(request.session.get(login.SHIFT), request.user, None)


def _sealed(words: str, person: UUID) -> str:
    return b64encode(current_keyring().seal(words.encode(), _context(person))).decode()


def _context(person: UUID) -> bytes:
    return b"session.kept-note\0" + person.bytes
