"""What could not be filed: why, its bytes, read it again, set it aside."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.audit.events import Event
from portal.inbound import quarantine
from portal.inbound.models import NOT_FETCHED, TOO_BIG, RawMessage, RawState
from portal.inbound.quarantine import NothingToReplay
from portal.inbound.reasons import sentence
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.content.links import Link, Use, sign
from portal.web.content.opening import note
from portal.web.headers import content_origin
from portal.web.inbox.answers import fragment
from portal.web.inbox.doors import quarantined_for
from portal.web.inbox.places import QUARANTINE
from portal.web.inbox.quarantine_cards import Clue, QuarantineCard
from portal.web.inbox.shell import Spot, shell
from portal.web.paths import path
from portal.web.requests import StaffRequest

ADVICE = "Si vous attendiez un message, demandez à l’expéditeur de vous l’envoyer de nouveau."
ADVICE_KEPT = (
    "Téléchargez l’original pour l’ouvrir avec un autre logiciel, ou demandez à l’expéditeur de le renvoyer."
)
NOT_HERE = "Il n’a pas été relevé : lisez-le dans le webmail de votre opérateur."


@requires(Permission.READ)
@require_safe
def quarantined(request: StaffRequest, raw_id: UUID) -> HttpResponse:
    raw = quarantined_for(request.user, raw_id)
    note(Event.QUARANTINE_OPEN, ("raw", raw.pk), by=request.user)
    around = shell(request.user, Spot(QUARANTINE, current=raw))
    context = {"shell": around, "quarantined": _card(raw, request.user)}
    return fragment(request, "inbox/quarantined.html", context)


@requires(Permission.DOWNLOAD_ORIGINAL)
@require_safe
def quarantined_file(request: StaffRequest, raw_id: UUID) -> HttpResponse:
    """Lead to the bytes on the content host, by a link made now."""
    raw = quarantined_for(request.user, raw_id)
    link = sign(Link(Use.UNREAD, raw.pk, request.user.pk), now=timezone.now())
    return HttpResponseRedirect(content_origin(request) + link)


@requires(Permission.READ)
@require_POST
def quarantine_replay(request: StaffRequest, raw_id: UUID) -> HttpResponse:
    raw = quarantined_for(request.user, raw_id)
    try:
        quarantine.replay(raw, by=request.user)
    except NothingToReplay:
        return HttpResponseRedirect(path("quarantined", raw.pk))
    return HttpResponseRedirect(QUARANTINE.url)


@requires(Permission.DISMISS_QUARANTINE)
@require_POST
def quarantine_dismiss(request: StaffRequest, raw_id: UUID) -> HttpResponse:
    quarantine.dismiss(quarantined_for(request.user, raw_id), by=request.user)
    return HttpResponseRedirect(QUARANTINE.url)


def _card(raw: RawMessage, me: User) -> QuarantineCard:
    waiting = raw.state == RawState.QUARANTINED
    here = raw.reason != TOO_BIG and not raw.reason.startswith(NOT_FETCHED)
    may_keep = here and allows(me, Permission.DOWNLOAD_ORIGINAL)
    return QuarantineCard(
        raw_id=raw.pk,
        at=raw.stored_at,
        size=raw.size,
        reason=sentence(raw.reason),
        advice=(ADVICE_KEPT if may_keep else ADVICE) if here else NOT_HERE,
        clues=_clues(raw),
        download_url=path("quarantined_file", raw.pk) if may_keep else "",
        may_replay=waiting and raw.reason != TOO_BIG,
        may_dismiss=waiting and allows(me, Permission.DISMISS_QUARANTINE),
        back_url=QUARANTINE.url,
        back_label=QUARANTINE.label,
    )


def _clues(raw: RawMessage) -> tuple[Clue, ...]:
    """Where it lies at the operator, for whoever looks for it there."""
    if raw.uid is None:
        return (Clue("Provenance", "importé d’un fichier"),)
    return Clue("Relevé dans", raw.folder), Clue("Numéro chez l’opérateur", str(raw.uid))
