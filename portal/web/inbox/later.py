"""« Envoyer plus tard »: from the composer, from what waits for a pharmacist, and what becomes of it until its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.conversations.models import Conversation
from portal.outbound import scheduling
from portal.outbound.drafts import StaleDraft
from portal.outbound.models import Draft, DraftState
from portal.outbound.scheduling import BadTime, NotScheduled
from portal.outbound.templating import NeedsPharmacist
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, away, fragment, in_shell
from portal.web.inbox.composing import compose_page
from portal.web.inbox.doors import draft_for, scheduled_for
from portal.web.inbox.draft_cards import card_of
from portal.web.inbox.drafting import keep_typed, read_composer, refused
from portal.web.inbox.forms import Typed
from portal.web.inbox.held import saved_elsewhere
from portal.web.inbox.later_forms import BAD_TIME, CHOOSE, NO_TIME, ChosenForm, WhenForm
from portal.web.inbox.laters import cards
from portal.web.inbox.places import SENT, TO_DO, conversation_url
from portal.web.inbox.recipients import recipient_cards
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import schedule as schedule_it
from portal.web.inbox.submitting import version_on_screen
from portal.web.requests import StaffRequest, is_htmx

TOO_LATE = "Trop tard : ce message est parti, ou un collègue l’a repris."
NOT_YOURS = "C’est un pharmacien qui a prévu cet envoi : lui ou un autre pharmacien peut en changer l’heure."


@requires(Permission.REPLY, Permission.SEND_TEMPLATE)
@require_POST
def later(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """From the composer: at the next opening at once, or on a page where a moment is chosen."""
    typed, conversation = read_composer(request, draft_id)
    version = version_on_screen(request) if conversation else None
    form = WhenForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        if form.cleaned_data["when"] == CHOOSE:
            draft = keep_typed(request, typed, conversation)
            return _choose(request, draft, version=version, sure=typed.sure)
        draft = schedule_it(
            typed,
            lambda: keep_typed(request, typed, conversation),
            request.FILES.getlist("files"),
            by=request.user,
            at=_moment(form),
            version=version,
            sure=None if conversation else typed.sure,
        )
    except REFUSALS as error:
        return refused(request, error, typed, conversation, whole=True)
    return _waits(request, draft)


@requires(Permission.REPLY, Permission.SEND_TEMPLATE)
@require_POST
def later_at(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """A day and an hour were chosen for what was typed before."""
    form = ChosenForm(request.POST)
    form.is_valid()
    if {"draft_version", "version"} & set(form.errors):
        raise Http404
    draft = _scheduled_already(request, draft_id) or draft_for(request.user, draft_id)
    stale = draft.version != form.cleaned_data["draft_version"]
    version, sure = form.cleaned_data["version"], form.addresses()
    at = form.moment()
    if at is None:
        return _choose(request, draft, version=version, sure=sure, form=form, fault=NO_TIME)
    try:
        if stale:
            raise StaleDraft(draft)
        alone = draft.conversation_id is None
        scheduling.schedule(draft, by=request.user, at=at, version=version, sure=sure if alone else None)
    except BadTime:
        return _choose(request, draft, version=version, sure=sure, form=form, fault=BAD_TIME)
    except REFUSALS as error:
        return _again(request, error, draft, sure)
    return _waits(request, draft)


@requires(Permission.READ)
@require_safe
def scheduled(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """An answer is shown in its conversation, a new message on a page of its own."""
    draft = scheduled_for(request.user, draft_id)
    if draft.conversation_id:
        return HttpResponseRedirect(conversation_url(draft.conversation_id, SENT))
    return _page(request, draft)


@requires(Permission.SEND_TEMPLATE)
@require_POST
def scheduled_time(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """At another time, or now."""
    draft = scheduled_for(request.user, draft_id)
    at = WhenForm(request.POST).moment()
    try:
        if at is None:
            return _not_changed(request, draft, NO_TIME, 422)
        scheduling.change_time(draft, by=request.user, at=at)
    except BadTime:
        return _not_changed(request, draft, BAD_TIME, 422)
    except NeedsPharmacist:
        return _not_changed(request, draft, NOT_YOURS, 422)
    except NotScheduled:
        return _gone(request, draft)
    return _waits(request, draft)


@requires(Permission.SEND_TEMPLATE)
@require_POST
def scheduled_back(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """It does not leave: its words are a draft again."""
    draft = scheduled_for(request.user, draft_id)
    try:
        opened = scheduling.call_off(draft, by=request.user)
    except NotScheduled:
        return _gone(request, draft)
    if opened.conversation_id:
        return after_act(request, opened.conversation_id)
    submitted = opened.state == DraftState.SUBMITTED
    return away(request, reverse("submitted" if submitted else "compose_draft", args=[opened.pk]))


def _moment(form: WhenForm) -> datetime:
    """Raises Http404: none of our buttons."""
    at = form.moment()
    if at is None:
        raise Http404
    return at


def _choose(
    request: StaffRequest,
    draft: Draft,
    *,
    version: int | None,
    sure: frozenset[str],
    form: WhenForm | None = None,
    fault: str = "",
) -> HttpResponse:
    """The page where a moment is chosen: tomorrow at nine, until something else is typed."""
    tomorrow = timezone.localtime() + timedelta(days=1)
    typed = form.data if form else {}
    context = {
        "draft": draft,
        "version": version,
        "sure": sorted(sure),
        "on": typed.get("on") or f"{tomorrow:%Y-%m-%d}",
        "time": typed.get("time") or "09:00",
        "today": f"{timezone.localtime():%Y-%m-%d}",
        "fault": fault,
        "back_url": reverse("conversation", args=[draft.conversation_id])
        if draft.conversation_id
        else reverse("compose_draft", args=[draft.pk]),
    }
    status = 422 if fault else 200
    if is_htmx(request):
        return fragment(request, "inbox/_later_form.html", context, status=status)
    return in_shell(request, "inbox/later.html", context, place=TO_DO, status=status)


def _waits(request: StaffRequest, draft: Draft) -> HttpResponse:
    if draft.conversation_id:
        return after_act(request, draft.conversation_id)
    return away(request, reverse("scheduled", args=[draft.pk]))


def _scheduled_already(request: StaffRequest, draft_id: UUID) -> Draft | None:
    """A second click: the first one's."""
    return Draft.objects.filter(pk=draft_id, author=request.user.pk, state=DraftState.SCHEDULED).first()


def _again(request: StaffRequest, error: Exception, draft: Draft, sure: frozenset[str]) -> HttpResponse:
    """The composer again, with the words as they are stored and what is in their way."""
    conversation: Conversation | None = draft.conversation
    if isinstance(error, StaleDraft):
        card = card_of(error.draft, held=saved_elsewhere(error.draft))
    else:
        typed = Typed(
            draft_id=draft.pk,
            version=draft.version,
            text=draft.text,
            to=None if conversation else ", ".join(draft.recipients),
            subject=None if conversation else draft.subject,
            sure=sure,
            template=draft.template_id,
            blanks=draft.blanks or {},
        )
        card = refused_card(error, typed, me=request.user, conversation=conversation)
    if conversation is None:
        return compose_page(request, card, status=status_of(error))
    return after_act(request, conversation.pk, draft=card, status=status_of(error))


def _not_changed(request: StaffRequest, draft: Draft, fault: str, status: int) -> HttpResponse:
    if draft.conversation_id:
        return after_act(request, draft.conversation_id, fault=fault, status=status)
    return _page(request, draft, fault=fault, status=status)


def _gone(request: StaffRequest, draft: Draft) -> HttpResponse:
    if draft.conversation_id is None:
        raise Http404
    return after_act(request, draft.conversation_id, fault=TOO_LATE, status=409)


def _page(request: StaffRequest, draft: Draft, *, fault: str = "", status: int = 200) -> HttpResponse:
    (card,) = cards([draft], request.user)
    context = {"scheduled": card, "recipients": recipient_cards(draft.recipients), "fault": fault}
    return in_shell(request, "inbox/scheduled.html", context, place=SENT, status=status)
