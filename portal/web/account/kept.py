"""A note that was being written when its author left the screen: it waits for her, sealed, in session and shift."""

from __future__ import annotations

import json
import re
from uuid import UUID

from portal.conversations.notes import LONGEST_NOTE
from portal.team import login
from portal.team.models import Shift
from portal.team.shifts import keep_words
from portal.web.requests import PharmacyRequest, StaffRequest
from portal.web.sealed import open_for, seal_for

KEPT = "kept-note"
PURPOSE = b"session.kept-note"
CONVERSATION = re.compile(r"/equipe/echange/([0-9a-f-]{36})/")


def keep_note(request: StaffRequest, place: str) -> None:
    """Of the screen that is being left, if a note was begun there."""
    text, where = request.POST.get("note", "")[:LONGEST_NOTE], CONVERSATION.match(place)
    if not text.strip() or where is None:
        return
    _keep(request, where[1], text)


def bring_back(request: PharmacyRequest, shift: Shift) -> None:
    """Into the session that its author has now."""
    if shift.note is not None:
        request.session[KEPT] = seal_for(shift.user_id, PURPOSE, shift.note)


def kept_note(request: StaffRequest, conversation_id: UUID) -> str:
    """What was begun in this conversation; asks the database nothing."""
    sealed = request.session.get(KEPT)
    if sealed is None:
        return ""
    where, text = json.loads(open_for(request.user.pk, PURPOSE, sealed))
    return str(text) if where == str(conversation_id) else ""


def lead_note(request: StaffRequest, *, of: UUID, to: UUID) -> None:
    """The conversation was joined to another one: what was begun there is brought back here."""
    text = kept_note(request, of)
    if text:
        _keep(request, str(to), text)


def note_is_written(request: StaffRequest, conversation_id: UUID) -> None:
    if kept_note(request, conversation_id):
        del request.session[KEPT]
        keep_words(request.session.get(login.SHIFT), request.user, None)


def _keep(request: StaffRequest, conversation_id: str, text: str) -> None:
    words = json.dumps([conversation_id, text])
    request.session[KEPT] = seal_for(request.user.pk, PURPOSE, words)
    keep_words(request.session.get(login.SHIFT), request.user, words)
