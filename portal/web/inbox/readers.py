"""« Lu par Claire M. et vous » : who of the team has read a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.conversations.models import Conversation, Message
from portal.conversations.reading import Reader, readers
from portal.lib.ids import made_at
from portal.team.models import User
from portal.web.inbox.people import short_name

YOU = "vous"


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers of a conversation, and how each is called on the screen of the one who looks."""

    marks: Sequence[Reader]
    names: dict[UUID, str]

    def of(self, message: Message) -> str:
        """A line, or nothing where nobody has read it but who wrote it; colleagues first, oneself last."""
        here_since = made_at(message.pk)  # `at` is the operator's clock, up to a fetch earlier
        seen = [mark.user_id for mark in self.marks if mark.at >= here_since]
        found = [self.names[pk] for pk in seen if pk in self.names and pk != message.author_id]
        return f"Lu par {_listed(sorted(found, key=lambda name: (name == YOU, name)))}" if found else ""

    def called(self, people: Iterable[UUID]) -> str:
        """« Claire M. et vous », of those who still work here."""
        found = [self.names[pk] for pk in people if pk in self.names]
        return _listed(sorted(found, key=lambda name: (name == YOU, name))) if found else ""


def readers_in(conversation: Conversation, team: Iterable[User], me: User) -> Readers:
    """Of people who have left nothing is said."""
    names = {user.pk: YOU if user.pk == me.pk else short_name(user.display_name) for user in team}
    return Readers(readers(conversation), names)


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} et {last}" if others else last
