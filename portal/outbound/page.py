"""Answer a request of the form: nothing leaves, the words appear on the patient's tracking page."""

from __future__ import annotations

from portal.conversations.models import Conversation, ConversationKind
from portal.mail.addresses import Address, domain_of
from portal.outbound.addressees import Refusal, Refused
from portal.outbound.models import Draft

# Reserved for names that never exist (RFC 2606): whatever happened, no server would take it.
DOMAIN = "suivi.invalid"
PUBLISHED = "published"  # the code of a recipient whose page shows it
# A moment after the answer can be taken back no more, the patient is told that there is one.
TELL = "intake"
NO_FILES = (
    "La réponse se lit sur la page de suivi du patient, qui ne montre pas de fichier\N{NO-BREAK SPACE}: "
    "retirez ce qui est joint."
)


def answered_on_page(conversation: Conversation | None) -> bool:
    return conversation is not None and conversation.kind == ConversationKind.FORM


def page_of(draft: Draft) -> tuple[Address, ...]:
    """Where the words would appear; each request has an address of its own, so that two are never taken for one.

    Raises:
        Refused: with the reason.
    """
    conversation = draft.conversation
    if conversation is None or draft.files.exists():
        raise Refused([Refusal("", NO_FILES)])
    label = conversation.people[0]["label"] if conversation.people else ""
    return (Address(label, f"{conversation.pk.hex}@{DOMAIN}"),)


def is_page(address: str) -> bool:
    return domain_of(address) == DOMAIN
