"""The counter's computers: a browser that the responsible person enrolled is known by a credential of its own."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.team.models import User, Workstation
from portal.vault.index import fingerprint

CREDENTIAL_BYTES = 32
SEEN_AGAIN = timedelta(minutes=5)


class WorkstationNameTaken(Exception):
    """Another workstation in service has this name."""


def enrol(*, name: str, by: User, now: datetime) -> tuple[Workstation, str]:
    """Know a browser from now on, and give the credential that it shall keep; its keyed digest alone is stored.

    Raises:
        WorkstationNameTaken: choose another name.
    """
    credential = secrets.token_urlsafe(CREDENTIAL_BYTES)
    workstation = Workstation(name=name, digest=_digest(credential), enrolled_by=by, seen_at=now)
    with transaction.atomic():
        try:
            with transaction.atomic():
                workstation.save(force_insert=True)
        except IntegrityError as error:
            raise WorkstationNameTaken from error
        record(Event.WORKSTATION_ENROL, by=by, on=("workstation", workstation.pk))
    return workstation, credential


def revoke(workstation: Workstation, *, by: User, now: datetime) -> None:
    """Nobody comes back to it quickly any more; who is signed in there stays so until the screen locks."""
    with transaction.atomic():
        if Workstation.objects.filter(pk=workstation.pk, revoked_at=None).update(revoked_at=now):
            record(Event.WORKSTATION_REVOKE, by=by, on=("workstation", workstation.pk))


def find_workstation(credential: str) -> Workstation | None:
    """The workstation of this credential, if it is in service."""
    if not credential:
        return None
    return Workstation.objects.filter(digest=_digest(credential), revoked_at=None).first()


def in_service() -> list[Workstation]:
    return list(Workstation.objects.select_related("enrolled_by").filter(revoked_at=None).order_by("name"))


def note_seen(workstation: Workstation, *, now: datetime) -> None:
    """Somebody came in or left here. Written down every five minutes at most."""
    Workstation.objects.filter(pk=workstation.pk, seen_at__lt=now - SEEN_AGAIN).update(seen_at=now)


def _digest(credential: str) -> str:
    return fingerprint("team.workstation", credential)
