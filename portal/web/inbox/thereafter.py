"""« Envoyer et… »: what becomes of a conversation once an answer is on its way, whoever wrote it."""

from __future__ import annotations

import contextlib
from uuid import UUID

from django import forms
from django.utils import timezone

from portal.conversations.actions import StaleVersion, finish, wait
from portal.conversations.models import WAITING, Conversation, ConversationKind, ConversationState
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.forms import AWAITED, FINISH, REMINDERS
from portal.web.inbox.waits import until_of


class ThenForm(forms.Form):
    """`then` is finish, patient or prescriber; `remind`, after how many days without an answer it comes back.

    A reminder without `then` waits for whoever was written to: it was chosen for an answer.
    """

    then = forms.ChoiceField(required=False, choices=[(word, word) for word in (FINISH, *AWAITED)])
    remind = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(each, each) for each in REMINDERS]
    )

    def carry_out(self, conversation_id: UUID, *, by: User) -> None:
        """The answer is on its way in any case; if something came in meanwhile, the conversation stays as it is."""
        what, remind = self.cleaned_data["then"], self.cleaned_data["remind"]
        if not what and remind is None:
            return
        newest = conversation_for(by, conversation_id)
        what = what or _who_answers(newest)
        with contextlib.suppress(StaleVersion):
            if what == FINISH and allows(by, Permission.FINISH):
                finish(newest, by=by, version=newest.version)
            elif what in WAITING and allows(by, Permission.WAIT):
                until = until_of("", None, remind, now=timezone.now())
                wait(newest, on=ConversationState(what), until=until, by=by, version=newest.version)


def _who_answers(conversation: Conversation) -> str:
    professional = conversation.kind == ConversationKind.PROFESSIONAL
    return ConversationState.PRESCRIBER if professional else ConversationState.PATIENT
