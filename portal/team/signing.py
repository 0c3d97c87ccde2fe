"""The line under what a person writes: the name and the role, unless she wrote another."""

from __future__ import annotations

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.lib.text import one_line
from portal.team.models import User

LONGEST_LINE = 100


def line_of(user: User) -> str:
    """« Claire Moulin, pharmacien adjoint »."""
    return user.signature or f"{user.display_name}, {user.get_role_display().lower()}"


def set_line(user: User, text: str) -> None:
    """One's own; an empty one is the name and the role again."""
    user.signature = one_line(text, LONGEST_LINE)
    with transaction.atomic():
        user.save(update_fields=["signature"])
        record(Event.SIGNATURE_SET, by=user, on=("user", user.pk))
