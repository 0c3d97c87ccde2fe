"""Single-use links by which a person chooses a password: an invitation, or a new access."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from portal.team.models import AccessLink, LinkPurpose, User
from portal.vault.index import fingerprint

TOKEN_BYTES = 24  # 192 bits


def new_link(user: User, purpose: LinkPurpose, *, now: datetime, using: str = DEFAULT_DB_ALIAS) -> str:
    """Make a link's token; only its keyed digest is stored, and the person's earlier links are void."""
    revoke_links(user, now=now, using=using)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    AccessLink.objects.using(using).create(
        user=user, purpose=purpose, digest=_digest(token), expires_at=now + settings.INVITATION_LIFE
    )
    return token


def find_link(token: str, *, now: datetime) -> AccessLink | None:
    """The link of this token if it may still be used, with its person."""
    usable = AccessLink.objects.select_related("user").filter(
        digest=_digest(token), used_at=None, expires_at__gt=now, user__active=True
    )
    return usable.first()


def use_link(link: AccessLink, *, now: datetime) -> bool:
    """Take the link; of any number who try at once, one is told True."""
    unused = AccessLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now)
    return unused.update(used_at=now) == 1


def revoke_links(user: User, *, now: datetime, using: str = DEFAULT_DB_ALIAS) -> None:
    AccessLink.objects.using(using).filter(user=user, used_at=None).update(used_at=now)


def _digest(token: str) -> str:
    return fingerprint("team.access-link", token)
