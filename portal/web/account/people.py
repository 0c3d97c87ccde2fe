"""A member of the team as account pages name her."""

from __future__ import annotations

from portal.team.models import Role, User
from portal.web.inbox.cards import Person


def person_card(user: User) -> Person:
    return Person(name=user.display_name, initials=initials_of(user.display_name), role=Role(user.role).label)


def initials_of(name: str) -> str:
    """« Nadia Benali » is NB; « Jean-Marc de La Tour » is JT."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
