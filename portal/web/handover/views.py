"""Gather, sign, countersign, look back: the same page for who goes and for who comes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.handover.actions import (
    LONGEST_WORD,
    AnotherWaits,
    ContentMoved,
    NotWaiting,
    OwnHandover,
    countersign,
    sign,
)
from portal.handover.gathering import MOST, gather
from portal.handover.models import Handover
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.handover.cards import card_of, groups_of, summary
from portal.web.inbox.answers import in_shell
from portal.web.inbox.places import TO_DO
from portal.web.requests import StaffRequest

KEPT_FOR = timedelta(days=30)
MOST_KEPT = 100
MOVED = "La liste vient de changer : relisez-la, puis signez. Votre mot est gardé."
ANOTHER = "Une relève vient d’être signée, ou contresignée : rien n’a été signé en plus. Votre mot est gardé."
ILLEGIBLE = f"Le mot est trop long ({LONGEST_WORD} caractères au plus) ou contient un caractère illisible."
OWN = "Vous avez signé cette relève : la contresignature est à la personne qui arrive, dans sa session."
TAKEN = "Cette relève n’attend plus de signature."


class SignForm(forms.Form):
    """`shown` is the mark of what was on screen, `waiting` the handover that waited then."""

    word = forms.CharField(required=False, max_length=LONGEST_WORD)
    shown = forms.CharField(max_length=32)
    waiting = forms.UUIDField(required=False)


@requires(Permission.READ)
@require_safe
def handover(request: StaffRequest) -> HttpResponse:
    """What is open now, or the handover that waits for its second signature."""
    return _page(request)


@requires(Permission.SIGN_HANDOVER)
@require_POST
def handover_sign(request: StaffRequest) -> HttpResponse:
    form = SignForm(request.POST)
    typed = request.POST.get("word", "")
    if not form.is_valid():
        return _page(request, word=typed, fault=ILLEGIBLE, status=422)
    given = form.cleaned_data
    try:
        sign(
            by=request.user,
            word=given["word"],
            shown=given["shown"],
            waiting=given["waiting"],
            now=timezone.now(),
        )
    except ContentMoved:
        return _page(request, word=typed, fault=MOVED, status=409)
    except AnotherWaits:
        return _page(request, word=typed, fault=ANOTHER, status=409)
    return HttpResponseRedirect(reverse("handover"))


@requires(Permission.SIGN_HANDOVER)
@require_POST
def handover_countersign(request: StaffRequest, handover_id: UUID) -> HttpResponse:
    try:
        countersign(handover_id, by=request.user, now=timezone.now())
    except Handover.DoesNotExist as error:
        raise Http404 from error
    except OwnHandover:
        return _page(request, fault=OWN, status=409)
    except NotWaiting:
        return _page(request, fault=TAKEN, status=409)
    return HttpResponseRedirect(reverse("handover_kept", args=[handover_id]))


@requires(Permission.READ)
@require_safe
def handover_kept(request: StaffRequest, handover_id: UUID) -> HttpResponse:
    """One as it was signed, with both signatures: to read again, or to print."""
    found = Handover.objects.with_people().filter(pk=handover_id).first()
    if found is None:
        raise Http404
    card = card_of(found, request.user)
    return in_shell(request, "handover/kept.html", {"kept": card, "in_handover": True}, place=TO_DO)


def _page(request: StaffRequest, *, word: str = "", fault: str = "", status: int = 200) -> HttpResponse:
    """Three queries besides the shell's, and one where a handover waits."""
    me, now = request.user, timezone.now()
    recent = Handover.objects.with_people().filter(left_at__gte=now - KEPT_FOR).order_by("-left_at")
    waiting = Handover.objects.with_people().unsigned().first()
    gathered = gather(me, now=now)
    context = {
        "in_handover": True,
        "groups": groups_of(gathered.lines),
        "mark": gathered.mark,
        "most": MOST if gathered.cut else 0,
        "waiting": card_of(waiting, me) if waiting else None,
        "past": [summary(each, me) for each in recent[:MOST_KEPT] if each != waiting],
        "may_sign": allows(me, Permission.SIGN_HANDOVER),
        "signs": (waiting is None or waiting.left_by_id == me.pk) and allows(me, Permission.SIGN_HANDOVER),
        "longest": LONGEST_WORD,
        "word": word,
        "fault": fault,
    }
    return in_shell(request, "handover/handover.html", context, place=TO_DO, status=status)
