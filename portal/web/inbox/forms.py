"""What the forms of the inbox post; templates draw the fields, these only read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MinValueValidator

from portal.conversations.label_models import Colour
from portal.conversations.labels import LONGEST_NAME
from portal.conversations.models import ConversationState
from portal.outbound.actions import Decision
from portal.outbound.drafts import LONGEST_SUBJECT, LONGEST_TEXT
from portal.web.inbox.model_cards import PREFIX

TOO_LONG = "Ce texte est trop long pour un message : joignez-le comme fichier."
UNREADABLE = "Ce texte contient un caractère qui ne peut pas être envoyé."
DECISIONS = {"sent": Decision.SENT_CONFIRMED, "resend": Decision.RESEND, "abandon": Decision.ABANDONED}
FINISH = "finish"
AWAITED = (ConversationState.PATIENT, ConversationState.PRESCRIBER)
ANSWER, DAY = "answer", "day"
LATER = ("tonight", "tomorrow", "monday", DAY, ANSWER)
REMINDERS = (2, 3, 7, 14)  # days
LONGEST_TO = 10_000
LONGEST_BLANK = 200
MOST_SURE = 50


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a composer: which draft, in which version it was seen, and its words.

    `to` and `subject` are None where there are no such fields, in a reply; `sure` are addresses that were confirmed for
    a first message; `signature` marks the one that was shown; `template` is set where one is filled in,
    and then there are no words but `blanks`; `mailbox` is where a new message leaves from, where there is a choice.
    """

    draft_id: UUID
    version: int
    text: str
    to: str | None = None
    subject: str | None = None
    sure: frozenset[str] = frozenset()
    template: UUID | None = None
    signature: str | None = None
    blanks: Mapping[str, str] = field(default_factory=dict)
    mailbox: UUID | None = None

    @property
    def recipients(self) -> list[str]:
        return recipients_in(self.to or "")


def recipients_in(field: str) -> list[str]:
    """What stands between its commas."""
    parts = field.replace(";", ",").replace("\n", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


class ActForm(forms.Form):
    """An act on a conversation, and the version that was on screen."""

    version = forms.IntegerField(validators=[MinValueValidator(0)])


class AssignForm(ActForm):
    """One of three is posted: to one person alone (empty: to nobody), to one more, to one less."""

    person = forms.UUIDField(required=False)
    also = forms.UUIDField(required=False)
    without = forms.UUIDField(required=False)


class WaitForm(ActForm):
    """What to wait `on`, perhaps with a reminder; or `later`, when it comes back in any case."""

    on = forms.ChoiceField(required=False, choices=[(each, each) for each in AWAITED])
    later = forms.ChoiceField(required=False, choices=[(each, each) for each in LATER])
    day = forms.DateField(required=False)
    remind = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(each, each) for each in REMINDERS]
    )

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if bool(found.get("on")) == bool(found.get("later")):
            raise forms.ValidationError("one of the two")
        if found["later"] and found.get("remind"):
            found["remind"] = None
        return found

    @property
    def state(self) -> ConversationState:
        return ConversationState(self.cleaned_data["on"] or ConversationState.LATER)


class BulkLaterForm(forms.Form):
    """Until when several are put aside."""

    later = forms.ChoiceField(choices=[(code, code) for code in LATER])
    day = forms.DateField(required=False)


class LabelForm(forms.Form):
    """One of three is posted: a label to put, one to take off, or a name to create one and put it."""

    put = forms.UUIDField(required=False)
    take = forms.UUIDField(required=False)
    name = forms.CharField(required=False, max_length=LONGEST_NAME)
    colour = forms.ChoiceField(required=False, choices=Colour.choices)


class DecideForm(ActForm):
    decision = forms.ChoiceField(choices=[(word, word) for word in DECISIONS])


class DraftForm(forms.Form):
    """A composer, of a reply or of a new message."""

    draft = forms.UUIDField()
    draft_version = forms.IntegerField(validators=[MinValueValidator(0)])
    conversation = forms.UUIDField(required=False)
    body = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_TEXT,
        error_messages={"max_length": TOO_LONG, "null_characters_not_allowed": UNREADABLE},
    )
    to = forms.CharField(required=False, max_length=LONGEST_TO)
    subject = forms.CharField(required=False, max_length=LONGEST_SUBJECT)
    anyway = forms.BooleanField(required=False)
    sure = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    template = forms.UUIDField(required=False)
    mailbox = forms.UUIDField(required=False)

    def typed(self) -> Typed:
        """Also of a refused form: what is legible of it."""
        data: dict[str, Any] = getattr(self, "cleaned_data", {})
        return Typed(
            draft_id=data["draft"],
            version=data["draft_version"],
            text=str(data.get("body", self.data.get("body", ""))),
            to=self._word("to"),
            subject=self._word("subject"),
            sure=frozenset((data.get("sure") or [])[:MOST_SURE]),
            template=data.get("template"),
            mailbox=data.get("mailbox"),
            signature=self.data.get("signature"),
            blanks={
                name.removeprefix(PREFIX): str(value)[:LONGEST_BLANK]
                for name, value in self.data.items()
                if name.startswith(PREFIX)
            },
        )

    def _word(self, name: str) -> str | None:
        if name not in self.data:
            return None
        return str(self.cleaned_data.get(name, self.data[name]))

    def said(self, name: str) -> str:
        """What is wrong with a field, in one line."""
        return " ".join(str(error) for error in self.errors.get(name, []))


class ReplyForm(ActForm, DraftForm):
    """An answer, and the version of the conversation that was on screen."""
