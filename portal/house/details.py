"""Where the pharmacy is, as the public page says it."""

from __future__ import annotations

from portal.house.models import Details


def details() -> Details | None:
    """What the responsible person wrote; None until then."""
    return Details.objects.first()
