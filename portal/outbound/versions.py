"""What a draft said before: its last twenty versions, each to come back to. Nothing typed is lost to a wrong key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.utils import timezone

from portal.outbound.models import Draft, DraftVersion
from portal.vault.fields import SealedQuerySet

MOST = 20
# Words are saved each time somebody pauses: one version a minute, and one of whatever is cut away at once.
EVERY = timedelta(minutes=1)
CUT_LETTERS = 20
CUT_EVERY = timedelta(seconds=5)


class NoSuchVersion(Exception):
    """This draft never said that, or said twenty other things since."""


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a draft at one moment."""

    recipients: tuple[str, ...]
    subject: str
    text: str
    at: datetime

    @classmethod
    def by(cls, draft: Draft) -> Self:
        return cls(tuple(draft.recipients), draft.subject, draft.text, draft.updated_at)


def keep_version(draft: Draft, said: Said, *, always: bool = False) -> None:
    """Keep what it said before it says what it says now, if that is worth coming back to.

    The draft is held by the caller's transaction. Nothing is asked of the database where nothing is kept.
    """
    if not said.text.strip() or not (always or _is_worth_it(draft, said)):
        return
    DraftVersion.objects.create(
        draft=draft,
        version=draft.version,
        at=said.at,
        recipients=list(said.recipients),
        subject=said.subject,
        text=said.text,
    )
    draft.kept_at = timezone.now()
    Draft.objects.filter(pk=draft.pk).update(kept_at=draft.kept_at)
    older = list(versions_of(draft).values_list("pk", flat=True)[MOST:])
    if older:
        DraftVersion.objects.filter(pk__in=older).delete()


def versions_of(draft: Draft) -> SealedQuerySet[DraftVersion]:
    """The newest first."""
    return DraftVersion.objects.filter(draft=draft.pk).order_by("-version", "-id")


def get_version(draft: Draft, version_id: UUID) -> DraftVersion:
    """Raises NoSuchVersion."""
    found = versions_of(draft).filter(pk=version_id).first()
    if found is None:
        raise NoSuchVersion
    return found


def _is_worth_it(draft: Draft, said: Said) -> bool:
    quiet = timezone.now() - (draft.kept_at or draft.created_at)
    cut = len(said.text) - len(draft.text) > CUT_LETTERS
    return quiet > EVERY or (cut and (quiet > CUT_EVERY or draft.kept_at is None))
