"""What to show when words could not be sent: why, beside the field, with everything that was typed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from portal.conversations.actions import StaleVersion
from portal.conversations.models import Conversation
from portal.mail.outgoing import Unsendable
from portal.outbound.acquaintances import FirstContact
from portal.outbound.addressees import Refused
from portal.outbound.drafts import DraftElsewhere, NoSuchDraft, StaleDraft
from portal.outbound.files import FileRefused
from portal.outbound.models import Draft, DraftState
from portal.outbound.same import SameMessageAgain
from portal.outbound.signing import SignatureChanged
from portal.outbound.templates import NoSuchTemplate, template_for
from portal.outbound.templating import NeedsPharmacist, Unfilled, filled_for
from portal.team.models import User
from portal.web.inbox.cards import DraftCard, DraftErrors
from portal.web.inbox.draft_cards import card_of, fresh_card
from portal.web.inbox.forms import Typed
from portal.web.inbox.held import moved, saved_elsewhere, sent_already
from portal.web.inbox.model_cards import model_card
from portal.web.inbox.recipients import stranger_card
from portal.web.inbox.saving import NoMailbox

REFUSALS = (
    *(Refused, FirstContact, FileRefused, Unsendable, NoMailbox, NeedsPharmacist, NoSuchTemplate, Unfilled),
    *(StaleVersion, StaleDraft, SameMessageAgain, NoSuchDraft, SignatureChanged),
)
HELD = (StaleVersion, StaleDraft, SameMessageAgain, NoSuchDraft, SignatureChanged)

OTHER_VERSION = "— Autre version de ce brouillon —"
GONE = "Ce brouillon a déjà été envoyé ou jeté. Votre texte est gardé ici : relisez l’échange avant de l’envoyer."
ELSEWHERE = (
    "Le message auquel vous répondez a été séparé dans cet échange-ci : votre texte l’a suivi. "
    "Relisez l’échange avant d’envoyer."
)
CONTROL = "Un caractère invisible empêche l’envoi : effacez et récrivez ce qui a été collé."
NEEDS_PHARMACIST = (
    "Ce texte part après la relecture d’un pharmacien : choisissez « Soumettre à un pharmacien »."
)
NO_TEMPLATE = "Ce modèle n’est plus approuvé : son texte est ici, à relire par un pharmacien."
UNFILLED = "Remplissez les champs du modèle avant d’envoyer."
SIGNATURE = "La signature a changé depuis que cette page est ouverte : relisez-la, puis envoyez."
NO_MAILBOX = "La pharmacie n’a pas encore de boîte MSSanté : rien ne peut être envoyé."


def status_of(error: Exception) -> int:
    """409 when somebody, or another tab, moved; 422 when the form is to be mended."""
    return 409 if isinstance(error, HELD) else 422


def refused_card(error: Exception, typed: Typed, *, me: User, conversation: Conversation | None) -> DraftCard:
    """The composer again, with what was typed and what is in its way."""
    stored = Draft.objects.filter(pk=typed.draft_id, author=me.pk, state=DraftState.OPEN).first()
    if isinstance(error, StaleDraft):
        return _both(error.draft, typed)
    card = card_of(stored) if stored else fresh_card(conversation.pk if conversation else None)
    if typed.template is None:
        card = dataclasses.replace(
            card,
            body=typed.text,
            to=typed.to or card.to,
            subject=typed.subject or card.subject,
            sure=tuple(sorted(typed.sure)),
        )
    elif stored is None and conversation:
        card = dataclasses.replace(card, body=_filled_words(typed, me, conversation))
    if isinstance(error, Unfilled) and stored:
        card = dataclasses.replace(card, model=model_card(stored, error.faults))
    if isinstance(error, StaleVersion) and conversation:
        return dataclasses.replace(card, held=moved(conversation, me))
    if isinstance(error, FirstContact):
        return dataclasses.replace(card, to_confirm=tuple(map(stranger_card, error.strangers)))
    if isinstance(error, SameMessageAgain):
        return dataclasses.replace(card, held=sent_already(error))
    return dataclasses.replace(card, errors=_errors(error, typed))


def _filled_words(typed: Typed, me: User, conversation: Conversation) -> str:
    """What a template would have said whose draft is gone; nothing of one that may not be used."""
    try:
        template = template_for(me, typed.template or typed.draft_id)
    except NoSuchTemplate:
        return ""
    return filled_for(conversation, template, typed.blanks, author=me).text


def _both(newer: Draft, typed: Typed) -> DraftCard:
    """Two texts of one person: both on the screen, none chosen for her."""
    if typed.template is not None:
        return card_of(newer, held=saved_elsewhere(newer))
    body = f"{typed.text}\n\n{OTHER_VERSION}\n{newer.text}" if newer.text.strip() else typed.text
    return card_of(newer, body=body, to=typed.to, subject=typed.subject, held=saved_elsewhere(newer))


def _errors(error: Exception, typed: Typed) -> DraftErrors:
    return next(say(error, typed) for kind, say in _SAYINGS.items() if isinstance(error, kind))


def _refused(error: Exception, typed: Typed) -> DraftErrors:
    """By recipient beside the field; in a reply there is no such field."""
    refusals = error.refusals if isinstance(error, Refused) else []
    named = [f"{refusal.address} : {refusal.reason}" for refusal in refusals if refusal.address]
    whole = [refusal.reason for refusal in refusals if not refusal.address]
    if typed.to is None:
        return DraftErrors(whole=" ".join(refusal.reason for refusal in refusals))
    return DraftErrors(whole=" ".join(whole), to=" ".join(named))


def _unfilled(error: Exception, typed: Typed) -> DraftErrors:
    """What a field is missing stands beside it; what no field is for is said here."""
    faults = error.faults if isinstance(error, Unfilled) else {}
    unknown = [why for key, why in faults.items() if key not in typed.blanks]
    return DraftErrors(whole=" ".join(unknown) or UNFILLED)


def _unsendable(error: Exception, typed: Typed) -> DraftErrors:
    field = error.field if isinstance(error, Unsendable) else ""
    return DraftErrors(subject=CONTROL) if field == "subject" else DraftErrors(whole=CONTROL)


_SAYINGS: dict[type[Exception], Callable[[Exception, Typed], DraftErrors]] = {
    Refused: _refused,
    FileRefused: lambda error, typed: DraftErrors(files=str(error)),
    Unsendable: _unsendable,
    NoMailbox: lambda error, typed: DraftErrors(whole=NO_MAILBOX),
    SignatureChanged: lambda error, typed: DraftErrors(whole=SIGNATURE),
    DraftElsewhere: lambda error, typed: DraftErrors(whole=ELSEWHERE),
    NoSuchDraft: lambda error, typed: DraftErrors(whole=GONE),
    NeedsPharmacist: lambda error, typed: DraftErrors(whole=NEEDS_PHARMACIST),
    NoSuchTemplate: lambda error, typed: DraftErrors(whole=NO_TEMPLATE),
    Unfilled: _unfilled,
}
