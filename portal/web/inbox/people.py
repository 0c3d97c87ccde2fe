"""Members of the team and correspondents, as the screen names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from django.utils import timezone

from portal.conversations.assignees import assignees
from portal.conversations.models import Conversation, ConversationKind, Message
from portal.conversations.people import Kept, addresses_of
from portal.mail.addresses import Address
from portal.team.duty import away_until
from portal.team.models import Role, User
from portal.web.inbox.cards import Correspondent, Person, PersonChoice
from portal.web.templatetags.officinal import NO_BREAK, coming

TEAM = "La pharmacie"
MIDNIGHT = f" à{NO_BREAK}0:00"  # who is back on Thursday is back that day
NO_NAME = "Expéditeur inconnu"
NO_PATIENT_NAME = "Patient sans nom"
TITLES = {"dr", "docteur", "pr", "professeur", "m", "mme", "mr", "monsieur", "madame"}
KINDS: dict[str, Correspondent] = {
    ConversationKind.PATIENT: "patient",
    ConversationKind.PROFESSIONAL: "pro",
    ConversationKind.FORM: "form",
}


def first_name(display_name: str) -> str:
    """« Karim », as colleagues say."""
    return display_name.split(maxsplit=1)[0] if display_name.strip() else display_name


def short_name(display_name: str) -> str:
    """« Karim B. »"""
    words = display_name.split()
    return f"{words[0]} {words[-1][0]}." if len(words) > 1 else display_name


def initials(name: str) -> str:
    """« KB »; of an address its first two letters; titles are passed over."""
    words = [word for word in name.replace("-", " ").split() if word.strip(".").lower() not in TITLES]
    letters = [word[0] for word in words if word[0].isalpha()]
    if len(letters) > 1:
        return (letters[0] + letters[-1]).upper()
    return "".join(letter for letter in name if letter.isalnum())[:2].upper() or "?"


def assigned_to(conversation: Conversation) -> tuple[Person, ...]:
    """Whose the conversation is."""
    return tuple(
        Person(short_name(each.display_name), initials(each.display_name), Role(each.role).label)
        for each in assignees(conversation)
    )


def person(user: User) -> Person:
    return Person(short_name(user.display_name), initials(user.display_name), user.get_role_display())


def choices(
    team: Iterable[User], *, me: UUID, assigned: Collection[UUID], today: date | None = None
) -> tuple[PersonChoice, ...]:
    """Whom a conversation may be given to: who works here today, oneself first."""
    day = today or timezone.localdate()
    found = [
        PersonChoice(
            id=user.pk,
            name=short_name(user.display_name),
            initials=initials(user.display_name),
            role=user.get_role_display(),
            is_me=user.pk == me,
            is_assigned=user.pk in assigned,
            away=away_words(user),
        )
        for user in team
        if user.in_service(day)
    ]
    return tuple(sorted(found, key=lambda choice: (not choice.is_me, choice.name)))


def away_words(user: User) -> str:
    until = away_until(user)
    return f"En absence, retour {coming(until).removesuffix(MIDNIGHT)}" if until else ""


def correspondent(conversation: Conversation) -> tuple[str, Correspondent]:
    """Who the conversation is with, and of which kind."""
    people = addresses_of(conversation.people[:1])
    by_form = conversation.kind == ConversationKind.FORM  # has a name, and no address
    kind = KINDS[conversation.kind] if by_form or (people and people[0].address) else "unknown"
    return named(people[0] if people else None), kind


def named(address: Address | None) -> str:
    """A label as its sender wrote it, unless it shows another address; never a patient's number for a name."""
    if address is None or not (address.label or address.address):
        return NO_NAME
    if address.label and not address.misleading:
        return address.label
    return NO_PATIENT_NAME if address.is_patient() else address.address


def writer_of(message: Message) -> Address | None:
    """Who wrote what was received, as its header says."""
    sender = message.headers.get("from")
    return Address(sender["label"], sender["address"]) if sender else None


def sender_of(message: Message) -> str:
    return named(writer_of(message))


def names(people: Kept) -> str:
    return ", ".join(named(address) for address in addresses_of(people))
