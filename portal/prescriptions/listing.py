"""The prescriptions under way, the most urgent first."""

from __future__ import annotations

from portal.conversations.assignees import assignees_of
from portal.conversations.models import LISTED
from portal.conversations.reading import read_by
from portal.prescriptions.models import Prescription
from portal.team.models import User

# More than any pharmacy has under way at once; beyond it the page says that it is not all.
MOST = 200


def under_way(user: User) -> list[Prescription]:
    """Up to MOST and one more, each with its conversation as lists show it, whose it is, when it was `read`."""
    found = Prescription.objects.visible_to(user.id).under_way().most_urgent_first()
    shown = found.select_related("conversation").only(
        "state", "moved_at", "nature", *(f"conversation__{name}" for name in LISTED)
    )
    read = read_by(user.id, conversation="conversation")
    assigned = assignees_of("conversation__assignees")
    return list(shown.annotate(read=read, assigned=assigned)[: MOST + 1])
