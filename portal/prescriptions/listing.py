"""The prescriptions under way, the most urgent first."""

from __future__ import annotations

from portal.conversations.models import LISTED
from portal.prescriptions.models import Prescription
from portal.team.models import User

# More than any pharmacy has under way at once; beyond it the page says that it is not all.
MOST = 200


def under_way(user: User) -> list[Prescription]:
    """Up to MOST and one more, each with its conversation as lists show it, in one query."""
    found = Prescription.objects.visible_to(user.id).under_way().most_urgent_first()
    shown = found.select_related("conversation__assignee").only(
        "state", "moved_at", "nature", *(f"conversation__{name}" for name in LISTED)
    )
    return list(shown[: MOST + 1])
