"""How a conversation stood before it was joined or split, in ids, versions and codes alone; and have it so again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from portal.conversations.bulk import stand_again, stood
from portal.conversations.matching import correspondent_mark
from portal.conversations.models import Conversation, ReadMark
from portal.conversations.scheduled import look_again
from portal.conversations.waiting import WAKE
from portal.mail.addresses import key_of
from portal.outbound.models import Draft, DraftState
from tenants.wakeups import wake


def all_of(held: Conversation) -> dict[str, Any]:
    marks = ReadMark.objects.filter(conversation=held)
    waiting = Draft.objects.filter(conversation=held, state=DraftState.SCHEDULED)
    return stood(held) | {
        "failed": held.failed,
        "received": held.received_version,
        "since": held.unopened_since.isoformat() if held.unopened_since else None,
        "closed": held.closed_at.isoformat() if held.closed_at else None,
        "labels": [str(label) for label in held.labels],
        "marks": [[str(mark.user_id), mark.version, mark.at.isoformat()] for mark in marks],
        "hours": {str(pk): version for pk, version in waiting.values_list("pk", "seen_version")},
        "who": [held.kind, str(held.patient_id) if held.patient_id else None, held.correspondent_fingerprint],
    }


def restore(held: Conversation, was: dict[str, Any]) -> None:
    """As it stood, and saved; what nobody had read is unread again. What it holds is counted before."""
    stand_again(held, was)
    held.failed, held.received_version = was["failed"], was["received"]
    held.unopened_since = datetime.fromisoformat(was["since"]) if was["since"] else None
    held.closed_at = datetime.fromisoformat(was["closed"]) if was["closed"] else None
    held.labels = [UUID(label) for label in was["labels"]]
    held.kind, patient, mark = was["who"]
    held.patient_id, held.correspondent_fingerprint = UUID(patient) if patient else None, mark
    held.people.sort(key=lambda person: correspondent_mark(key_of(person["address"])) != mark)
    held.version += 1
    held.save()
    ReadMark.objects.filter(conversation=held).delete()
    ReadMark.objects.bulk_create(
        ReadMark(conversation=held, user_id=UUID(user), version=version, at=datetime.fromisoformat(at))
        for user, version, at in was["marks"]
    )
    for draft, version in was["hours"].items():
        Draft.objects.filter(pk=draft).update(seen_version=version)


def wake_for(held: Conversation) -> None:
    """What waits in it is looked at again. Called with the other wake-ups, after the counts."""
    look_again(held)
    if held.snoozed_until:
        wake(WAKE, max(held.snoozed_until, timezone.now()))
