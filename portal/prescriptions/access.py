"""The only door to a prescription: whoever may see its conversation may see it."""

from __future__ import annotations

from uuid import UUID

from portal.conversations.access import NotVisible
from portal.prescriptions.models import Prescription
from portal.team.models import User


def get_prescription(user: User, prescription_id: UUID) -> Prescription:
    """Raises NotVisible: absent and forbidden look the same."""
    found = Prescription.objects.visible_to(user.id).filter(pk=prescription_id).first()
    if found is None:
        raise NotVisible
    return found
