"""Write an internal note into a conversation."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from portal.conversations.mentions import NotMentionable
from portal.conversations.notes import LONGEST_NOTE, EmptyNote, NoteTooLong, add_note
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.account.kept import note_is_written
from portal.web.inbox.answers import after_act
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.note_cards import NoteDraft
from portal.web.requests import StaffRequest

EMPTY = "La note est vide."
TOO_LONG = f"Cette note est trop longue : {LONGEST_NOTE:_} caractères au plus.".replace(
    "_", "\N{NO-BREAK SPACE}"
)
UNKNOWN = "Cette personne ne peut pas être prévenue : elle a quitté l’équipe, ou ne voit pas cette boîte."
UNREADABLE = "Ce texte contient un caractère qui ne peut pas être gardé."


class NoteForm(forms.Form):
    """Its length is judged where it is written, so that what is too long comes back whole."""

    note = forms.UUIDField()
    text = forms.CharField(required=False, strip=False)
    mention = forms.UUIDField(required=False)


@requires(Permission.NOTE)
@require_POST
def add(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Keep the note, or give it back with what is wrong with it."""
    conversation = conversation_for(request.user, conversation_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        if "note" in form.errors:
            raise Http404
        return _again(request, conversation_id, form, UNREADABLE)
    given = form.cleaned_data
    written = {"note_id": given["note"], "text": given["text"], "mention": given["mention"]}
    try:
        add_note(conversation, by=request.user, **written)
    except EmptyNote:
        return _again(request, conversation_id, form, EMPTY)
    except NoteTooLong:
        return _again(request, conversation_id, form, TOO_LONG)
    except NotMentionable:
        return _again(request, conversation_id, form, UNKNOWN)
    note_is_written(request, conversation_id)
    return after_act(request, conversation_id)


def _again(request: StaffRequest, conversation_id: UUID, form: NoteForm, fault: str) -> HttpResponse:
    typed = NoteDraft(
        form.cleaned_data["note"], form.data.get("text", ""), form.cleaned_data.get("mention"), fault
    )
    return after_act(request, conversation_id, note=typed, status=422)
