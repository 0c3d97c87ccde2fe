"""When each pharmacy's night work is done: between one and five in Paris, spread so that they do not come at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FIRST_HOUR, HOURS = 1, 4


def next_night(now: datetime, pharmacy_id: UUID) -> datetime:
    """The pharmacy's own moment of the coming night, always after `now`."""
    offset = timedelta(seconds=pharmacy_id.int % (HOURS * 3600))
    here = now.astimezone(PARIS)
    moment = here.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0) + offset
    return moment if moment > here else moment + timedelta(days=1)
