"""Close a pharmacy's portal for a while, and open it again."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import Actor, record
from portal.audit.events import Event
from portal.team.shifts import end_all_shifts
from tenants.context import inside
from tenants.fences import OWNER
from tenants.models import Pharmacy, PharmacyState


def suspend(pharmacy: Pharmacy, *, by: Actor) -> bool:
    """Answer 503 to everybody, fetch and send nothing; nothing is lost. False: it was closed already.

    Once it is open again, nobody comes back to a workstation without both factors.
    """
    return _move(pharmacy, PharmacyState.SUSPENDED, Event.PHARMACY_SUSPEND, by=by)


def resume(pharmacy: Pharmacy, *, by: Actor) -> bool:
    """Serve it again; what was due meanwhile is due now. False: it was open already."""
    return _move(pharmacy, PharmacyState.ACTIVE, Event.PHARMACY_RESUME, by=by)


def _move(pharmacy: Pharmacy, state: PharmacyState, event: Event, *, by: Actor) -> bool:
    """The entry is written first and undone should the state not change: the row is the owner's, the journal is not."""
    if pharmacy.state == state:
        return False
    with inside(pharmacy), transaction.atomic():
        if state == PharmacyState.SUSPENDED:
            end_all_shifts(now=timezone.now())
        record(event, by=by, on=("pharmacy", pharmacy.id))
        Pharmacy.objects.using(OWNER).filter(pk=pharmacy.pk).update(state=state)
    return True
